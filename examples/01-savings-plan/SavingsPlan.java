/** Balance of a savings plan in cents; interest once a year, rounded down. Port of savings_plan.py. */
public class SavingsPlan {
    static int finalBalance(int deposit, int rate, int years) {
        int balance = 0;
        for (int year = 0; year < years; year++) {
            balance += 12 * deposit;
            int interest = balance * rate / 10_000;
            balance += interest;
        }
        return balance;
    }

    public static void main(String[] args) {
        System.out.println(finalBalance(500, 175, 3));
        System.out.println(finalBalance(10_000, 350, 5));
        System.out.println(finalBalance(25_000, 350, 20));
    }
}
