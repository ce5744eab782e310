/** How often a price fell from one day to the next. */
public class PriceDrops {
    static int priceDrops(int[] prices) {
        int drops = 0;
        for (int day = 0; day < prices.length - 1; day++) {
            if (prices[day + 1] < prices[day]) {
                drops++;
            }
        }
        return drops;
    }

    public static void main(String[] args) {
        System.out.println(priceDrops(new int[] {120, 115, 118, 90}));
        System.out.println(priceDrops(new int[] {99}));
        System.out.println(priceDrops(new int[] {}));
    }
}
