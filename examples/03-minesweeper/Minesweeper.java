/** The numbers on a minesweeper board: how many mines touch each field, itself included. Mines are {row, column}. */
public class Minesweeper {
    static int[][] neighbours(int rows, int columns, int[][] mines) {
        int[][] board = new int[rows][columns];
        for (int[] mine : mines) {
            for (int row = Math.max(0, mine[0] - 1); row <= Math.min(rows - 1, mine[0] + 1); row++) {
                for (int column = Math.max(0, mine[1] - 1); column <= Math.min(columns - 1, mine[1] + 1); column++) {
                    board[row][column]++;
                }
            }
        }
        return board;
    }

    public static void main(String[] args) {
        System.out.println(java.util.Arrays.deepToString(neighbours(1, 4, new int[][] {{0, 1}})));
        System.out.println(java.util.Arrays.deepToString(neighbours(3, 3, new int[][] {{0, 0}, {2, 2}})));
        System.out.println(java.util.Arrays.deepToString(neighbours(4, 2, new int[][] {{3, 1}})));
    }
}
