def roster(days: int, people: int, offset: int) -> list[list[int]]:
    rows = [[0] * people] * days
    for day in range(days):
        shift = (day + offset) // 2
        rows[day][day % people] = shift % 3
    return rows
