import java.util.List;

/** The longest run of days on which a meter showed the same reading. Port of longest_streak.cpp. */
public class LongestStreak {
    static int longestStreak(List<Integer> readings) {
        if (readings.isEmpty()) {
            return 0;
        }
        int best = 1;
        int streak = 1;
        for (int day = 1; day < readings.size(); day++) {
            if (readings.get(day) == readings.get(day - 1)) {
                streak++;
            } else {
                streak = 1;
            }
            best = Math.max(best, streak);
        }
        return best;
    }

    public static void main(String[] args) {
        System.out.println(longestStreak(List.of()));
        System.out.println(longestStreak(List.of(4, 4, 7, 7, 7, 1)));
        System.out.println(longestStreak(List.of(980, 1015, 1015, 1015)));
    }
}
