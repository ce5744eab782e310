/** How many parcels it takes to send items in the order in which they come, none heavier than a limit allows. */
class ParcelGroups {
    static int parcels(int[] grams, int limit) {
        int count = 0;
        int room = 0;
        for (int weight : grams) {
            if (weight > room) {
                count++;
                room = limit;
            }
            room -= weight;
        }
        return count;
    }

    public static void main(String[] args) {
        System.out.println(parcels(new int[] {300, 450, 200, 800, 100}, 1000));
        System.out.println(parcels(new int[] {500, 500, 500}, 1000));
        System.out.println(parcels(new int[] {}, 1000));
        System.out.println(parcels(new int[] {20, 40, 60, 80}, 100));
    }
}
