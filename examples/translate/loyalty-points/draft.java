import java.util.List;

class LoyaltyPoints {
    static int loyalty(List<Integer> cents, int rate) {
        int points = 0;
        for (int i = 0; i < cents.size() - 1; i++) {
            int earned = cents.get(i) * rate / 100;
            if ((i + 1) % 10 == 0) {
                earned *= 2;
            }
            points += earned;
        }
        return points;
    }
}
