"""The numbers on a minesweeper board. Port of Minesweeper.java."""


def neighbours(rows, columns, mines):
    board = [[0] * columns] * rows
    for r, c in mines:
        for row in range(max(0, r - 1), min(rows - 1, r + 1) + 1):
            for column in range(max(0, c - 1), min(columns - 1, c + 1) + 1):
                board[row][column] += 1
    return board


def main():
    print(neighbours(1, 4, [[0, 1]]))
    print(neighbours(3, 3, [[0, 0], [2, 2]]))
    print(neighbours(4, 2, [[3, 1]]))


if __name__ == "__main__":
    main()
