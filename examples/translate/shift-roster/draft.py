def roster(names, turn, weeks):
    working = []
    at = 0
    for week in range(weeks):
        half = turn * week // 2
        at = half % len(names)
        if at < 0:
            at += len(names)
        working.append(names[at] + ("a" + week % 3))
    return working
