import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Lines of an order, in the order in which articles were first scanned. Port of order_lines.py. */
public class OrderLines {
    static List<String> orderLines(List<String> scanned) {
        Map<String, Integer> amounts = new HashMap<>();
        for (String article : scanned) {
            amounts.put(article, amounts.getOrDefault(article, 0) + 1);
        }
        List<String> lines = new ArrayList<>();
        for (Map.Entry<String, Integer> entry : amounts.entrySet()) {
            lines.add(entry.getKey() + " x " + entry.getValue());
        }
        return lines;
    }

    public static void main(String[] args) {
        System.out.println(orderLines(List.of("apple")));
        System.out.println(orderLines(List.of("apple", "bread", "apple")));
        System.out.println(orderLines(List.of("tea", "milk", "apple", "tea", "sugar")));
    }
}
