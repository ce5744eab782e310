/** Whether the digits of a card number satisfy the Luhn check: from the right, two at a time. */
public class CardCheck {
    static boolean isValid(int[] number) {
        if (number.length == 0) {
            return false;
        }
        int sum = 0;
        int i = number.length - 1;
        while (i >= 0) {
            sum += number[i];
            if (i > 0) {
                int twice = 2 * number[i - 1];
                sum += twice > 9 ? twice - 9 : twice;
            }
            i -= 2;
        }
        return sum % 10 == 0;
    }

    public static void main(String[] args) {
        System.out.println(isValid(new int[] {4, 5, 3, 9, 1, 4, 8, 8, 0, 3, 4, 3, 6, 4, 6, 7}));
        System.out.println(isValid(new int[] {8, 2, 7, 3, 1, 2, 3, 2, 7, 3, 5, 2, 0, 5, 6, 9}));
        System.out.println(isValid(new int[] {}));
    }
}
