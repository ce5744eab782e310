/** Length of the longest stretch of a walk that only goes up. */
public class LongestClimb {
    static int longestClimb(int[] heights) {
        int best = 0;
        int climb = 0;
        for (int i = 0; i < heights.length; i++) {
            if (i > 0 && heights[i] > heights[i - 1]) {
                climb++;
            } else {
                climb = 1;
            }
            if (climb > best) {
                best = climb;
            }
        }
        return best;
    }

    public static void main(String[] args) {
        System.out.println(longestClimb(new int[] {}));
        System.out.println(longestClimb(new int[] {310, 320, 320, 335, 340, 300}));
        System.out.println(longestClimb(new int[] {5, 4, 3}));
    }
}
