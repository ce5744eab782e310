import java.util.ArrayList;
import java.util.List;

public class ShiftRoster {
    /** Who works in each of the coming weeks: the list is turned by `turn`, backwards where it is negative. */
    static List<String> roster(String[] names, int turn, int weeks) {
        List<String> working = new ArrayList<>();
        int at = 0;
        for (int week = 0; week < weeks; week++) {
            int half = turn * week / 2;
            at = half % names.length;
            if (at < 0) {
                at += names.length;
            }
            working.add(names[at] + (char) ('a' + week % 3));
        }
        return working;
    }

    public static void main(String[] args) {
        System.out.println(roster(new String[] {"Ada", "Bo", "Cy"}, 1, 4));
        System.out.println(roster(new String[] {"Ada", "Bo", "Cy", "Di"}, -3, 6));
        System.out.println(roster(new String[] {"Eve"}, 5, 2));
    }
}
