import java.util.ArrayList;
import java.util.List;

/** Who works on which day: one row a day, one column a person, shifts handed round in turn from an offset on. */
class ShiftRoster {
    static List<List<Integer>> roster(int days, int people, int offset) {
        List<List<Integer>> rows = new ArrayList<>();
        for (int day = 0; day < days; day++) {
            List<Integer> row = new ArrayList<>();
            for (int person = 0; person < people; person++) {
                row.add(0);
            }
            rows.add(row);
        }
        for (int day = 0; day < days; day++) {
            int shift = (day + offset) / 2;
            rows.get(day).set(day % people, shift % 3);
        }
        return rows;
    }

    public static void main(String[] args) {
        System.out.println(roster(4, 3, 0));
        System.out.println(roster(5, 2, -7));
        System.out.println(roster(3, 4, -2));
        System.out.println(roster(0, 2, 1));
    }
}
