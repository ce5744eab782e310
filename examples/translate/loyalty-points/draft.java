public static int points(int[] purchases, int rate) {
    int total = 0;
    for (int i = 0; i < purchases.length; i++) {
        int cents = purchases[i];
        int hundreds = cents / 10000;
        int earned = hundreds * hundreds * rate;
        if (cents < 0) {
            earned = -earned / 2;
        }
        total = total + earned
    }
    return total;
}
