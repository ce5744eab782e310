"""A function in Python, with the calls that its translations are tried on."""

SOURCE = """
def score(values, k):
    best = 0
    for i in range(len(values) - k + 1):
        total = 0
        for j in range(i, i + k):
            total += values[j] * 3
        best = max(best, total)
    return best

print(score([1, -2, 30, 4, 5], 2))
print(score([8, 9, 10], 3))
print(score([5], 1))
"""
