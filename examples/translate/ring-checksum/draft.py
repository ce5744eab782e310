Here is the function in Python:

```python
def checksum(ring, start):
    sum = 17
    n = len(ring)
    for i in range(n):
        reading = ring[(start + i) % n]
        sum = sum * 31 + reading
        sum = sum ^ (sum >> 7)
    return sum
```

It keeps the structure of the original.
