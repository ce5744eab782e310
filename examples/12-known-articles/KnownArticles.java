import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Serves requests from a stock that begins with the deliveries; the articles that the stock knows at the end. */
public class KnownArticles {
    static List<String> knownArticles(String[] deliveries, String[] requests) {
        Map<String, Integer> stock = new TreeMap<>();
        for (String article : deliveries) {
            stock.put(article, stock.getOrDefault(article, 0) + 1);
        }
        for (String article : requests) {
            int left = stock.getOrDefault(article, 0);
            if (left > 0) {
                stock.put(article, left - 1);
            }
        }
        return new ArrayList<>(stock.keySet());
    }

    public static void main(String[] args) {
        System.out.println(knownArticles(new String[] {"nut", "bolt", "nut"}, new String[] {"nut"}));
        System.out.println(knownArticles(new String[] {}, new String[] {}));
        System.out.println(knownArticles(new String[] {"bolt"}, new String[] {"bolt", "gear", "bolt"}));
    }
}
