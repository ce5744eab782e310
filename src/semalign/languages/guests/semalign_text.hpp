// The writing side of the runtime, compiled once: values as text, MD5.
#pragma once

namespace semalign_ {

Out Out::kept() {
  Out o;
  o.items = caps.items;
  o.text = caps.text;
  o.depth = caps.depth;
  o.left = caps.digest_items;
  return o;
}
Out Out::whole() {
  Out o;
  o.left = caps.digest_items;
  return o;
}
Out Out::rest() const {
  Out o;
  o.left = left;
  o.depth = depth;
  o.path = path;
  return o;
}

static const char digits[] = "0123456789abcdef";

// RFC 1321.
static std::uint32_t turned(std::uint32_t x, int s) { return x << s | x >> (32 - s); }
static void md5_block(std::uint32_t* h, const char* p, const std::uint32_t* k) {
  static const int turn[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
  std::uint32_t w[16], a = h[0], b = h[1], c = h[2], d = h[3];
  for (int i = 0; i < 16; ++i) {
    const unsigned char* u = reinterpret_cast<const unsigned char*>(p) + 4 * i;
    w[i] = u[0] | u[1] << 8 | u[2] << 16 | static_cast<std::uint32_t>(u[3]) << 24;
  }
  const auto step = [&](std::uint32_t f, int i, int g, int s) {
    const std::uint32_t next = b + turned(a + f + k[i] + w[g & 15], s);
    a = d;
    d = c;
    c = b;
    b = next;
  };
  for (int i = 0; i < 16; ++i) step((b & c) | (~b & d), i, i, turn[0][i & 3]);
  for (int i = 16; i < 32; ++i) step((d & b) | (~d & c), i, 5 * i + 1, turn[1][i & 3]);
  for (int i = 32; i < 48; ++i) step(b ^ c ^ d, i, 3 * i + 5, turn[2][i & 3]);
  for (int i = 48; i < 64; ++i) step(c ^ (b | ~d), i, 7 * i, turn[3][i & 3]);
  h[0] += a; h[1] += b; h[2] += c; h[3] += d;
}
// The first 8 bytes as hexadecimal digits.
static std::string md5(const std::string& text) {
  static std::uint32_t k[64];
  if (!k[0])
    for (int i = 0; i < 64; ++i) k[i] = static_cast<std::uint32_t>(std::floor(std::fabs(std::sin(i + 1.0)) * 4294967296.0));
  std::uint32_t h[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  const std::size_t whole = text.size() / 64 * 64;
  for (std::size_t at = 0; at < whole; at += 64) md5_block(h, text.data() + at, k);
  std::string tail(text, whole);
  tail += '\x80';
  while (tail.size() % 64 != 56) tail += '\0';
  const std::uint64_t bits = static_cast<std::uint64_t>(text.size()) * 8;
  for (int i = 0; i < 8; ++i) tail += static_cast<char>(bits >> (8 * i));
  for (std::size_t at = 0; at < tail.size(); at += 64) md5_block(h, tail.data() + at, k);
  std::string hex;
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 4; ++j) {
      const unsigned byte = h[i] >> (8 * j) & 255;
      hex += digits[byte >> 4];
      hex += digits[byte & 15];
    }
  return hex;
}

// Code points of `p`, or nothing where it is not UTF-8.
static bool code_points(const char* p, std::size_t n, std::vector<char32_t>& points) {
  for (std::size_t i = 0; i < n;) {
    const unsigned char c = static_cast<unsigned char>(p[i]);
    const int more = c < 0x80 ? 0 : c >= 0xc2 && c < 0xe0 ? 1 : c >= 0xe0 && c < 0xf0 ? 2 : c >= 0xf0 && c < 0xf5 ? 3 : -1;
    if (more < 0 || i + more >= n) return false;
    char32_t point = more == 0 ? c : c & (0x3f >> more);
    for (int k = 1; k <= more; ++k) {
      const unsigned char next = static_cast<unsigned char>(p[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      point = point << 6 | (next & 0x3f);
    }
    if ((more == 2 && (point < 0x800 || (point >= 0xd800 && point < 0xe000))) ||
        (more == 3 && (point < 0x10000 || point > 0x10ffff)))
      return false;
    points.push_back(point);
    i += more + 1;
  }
  return true;
}
static void unit(std::string& b, unsigned u) {
  b += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) b += digits[u >> shift & 15];
}
static void quoted(std::string& b, const char32_t* p, std::size_t n) {
  b += '"';
  for (std::size_t i = 0; i < n; ++i) {
    const char32_t c = p[i];
    switch (c) {
      case '"': b += "\\\""; break;
      case '\\': b += "\\\\"; break;
      case '\b': b += "\\b"; break;
      case '\t': b += "\\t"; break;
      case '\n': b += "\\n"; break;
      case '\f': b += "\\f"; break;
      case '\r': b += "\\r"; break;
      default:
        if (c >= 32 && c < 127) b += static_cast<char>(c);
        else if (c < 0x10000) unit(b, c);
        else { unit(b, 0xd800 + ((c - 0x10000) >> 10)); unit(b, 0xdc00 + ((c - 0x10000) & 0x3ff)); }
    }
  }
  b += '"';
}
static void quoted(std::string& b, const std::string& s) {
  std::vector<char32_t> points;
  if (!code_points(s.data(), s.size(), points)) {
    points.clear();
    for (const char c : s) points.push_back(static_cast<unsigned char>(c));  // as Latin-1: only for names and messages
  }
  quoted(b, points.data(), points.size());
}

static void decimal(std::string& b, unsigned long long v, bool negative = false) {
  char text[24], *p = text + sizeof text;
  do *--p = static_cast<char>('0' + v % 10); while (v /= 10);
  if (negative) *--p = '-';
  b.append(p, static_cast<std::size_t>(text + sizeof text - p));
}
void Out::integer(long long v) { decimal(b, v < 0 ? -static_cast<unsigned long long>(v) : v, v < 0); }
void Out::natural(unsigned long long v) { decimal(b, v); }
template <class T> static void number_list(Out& o, const T* p, std::size_t n) {
  o.b += '[';
  for (std::size_t i = 0; i < n; ++i) {
    if (i) o.b += ',';
    if constexpr (std::is_same_v<T, float>) o.single(p[i]);
    else if constexpr (std::is_same_v<T, double>) o.real(p[i]);
    else if constexpr (std::is_signed_v<T>) o.integer(p[i]);
    else o.natural(p[i]);
  }
  o.b += ']';
}
template <class T> void Out::numbers(const T* p, std::size_t n) {
  if (static_cast<long>(path.size()) >= depth) return lost("too deep");
  if (!room(n)) return;
  if (!cuts(n)) return number_list(*this, p, n);
  static Out all;
  all.b.clear();
  number_list(all, p, n);
  b += "{\"cut\":[";
  number_list(*this, p, static_cast<std::size_t>(items));
  b += ',' + std::to_string(n) + ",\"" + md5(all.b) + "\"]}";
}
#define SEMALIGN_MADE(T) template void Out::numbers<T>(const T*, std::size_t);
SEMALIGN_NUMBERS(SEMALIGN_MADE)
#undef SEMALIGN_MADE

void Mix::bytes(const void* p, std::size_t n) {
  const char* c = static_cast<const char*>(p);
  unsigned long long x = h ^ (n + 1) * 0x9e3779b97f4a7c15ull;
  const auto turn = [&](unsigned long long word) {
    const unsigned __int128 wide = static_cast<unsigned __int128>(x ^ word) * 0xd6e8feb86659fd93ull;
    x = static_cast<unsigned long long>(wide) ^ static_cast<unsigned long long>(wide >> 64) ^ 0xa0761d6478bd642full;
  };
  for (; n >= 8; c += 8, n -= 8) {
    unsigned long long word;
    std::memcpy(&word, c, 8);
    turn(word);
  }
  if (n) {
    unsigned long long word = 0;
    std::memcpy(&word, c, n);
    turn(word + 1);
  }
  h = x;
}
void Out::wide(unsigned __int128 v, bool negative) {
  std::string s;
  do s += digits[static_cast<int>(v % 10)]; while (v /= 10);
  if (negative) s += '-';
  b.append(s.rbegin(), s.rend());
}
static void bits(std::string& b, double v) {
  std::uint64_t u;
  std::memcpy(&u, &v, 8);
  if (v != v) u = 0x7ff8000000000000ull;
  for (int shift = 60; shift >= 0; shift -= 4) b += digits[u >> shift & 15];
}
void Out::real(double v) { b += "{\"f\":\""; bits(b, v); b += "\"}"; }
void Out::single(float v) { b += "{\"f4\":\""; bits(b, v); b += "\"}"; }
void Out::character(unsigned char c) {
  const char32_t point = c;
  b += "{\"c\":";
  quoted(b, &point, 1);
  b += '}';
}
void Out::lost(const char* reason) { b += "{\"u\":\""; b += reason; b += "\"}"; }
void Out::string(const char* p, std::size_t n) {
  if (n > 65536) return lost("text too long");
  std::vector<char32_t> points;
  if (!code_points(p, n, points)) {
    const auto hex = [&](std::size_t most) {
      std::string s = "{\"b\":\"";
      for (std::size_t i = 0; i < most; ++i) { s += digits[static_cast<unsigned char>(p[i]) >> 4]; s += digits[p[i] & 15]; }
      return s + "\"}";
    };
    if (!text || n <= static_cast<std::size_t>(text)) b += hex(n);
    else b += "{\"cut\":[" + hex(static_cast<std::size_t>(text)) + ',' + std::to_string(n) + ",\"" + md5(hex(n)) + "\"]}";
    return;
  }
  if (!text || points.size() <= static_cast<std::size_t>(text)) return quoted(b, points.data(), points.size());
  std::string all;
  quoted(all, points.data(), points.size());
  b += "{\"cut\":[";
  quoted(b, points.data(), static_cast<std::size_t>(text));
  b += ',' + std::to_string(points.size()) + ",\"" + md5(all) + "\"]}";
}
// Memory of characters: a text when nothing but zeros follows its first zero, else a list of characters.
void Out::characters(const char* p, long n) {
  if (n < 0) {
    std::size_t length = 0;
    while (length < 65536 && readable(p + length, 1) && p[length]) ++length;
    return string(p, length);
  }
  const char* end = p + n;
  const char* zero = std::find(p, end, '\0');
  if (zero != end && std::all_of(zero, end, [](char c) { return c == 0; })) return string(p, zero - p);
  if (zero != end && p != zero) return string(p, zero - p);
  sequence<char>(*this, p, static_cast<std::size_t>(n));
}
std::string demangled(const char* name) {
  int status = 0;
  char* d = abi::__cxa_demangle(name, nullptr, nullptr, &status);
  std::string s = d ? d : name;
  std::free(d);
  for (std::size_t at; (at = s.find("__cxx11::")) != std::string::npos;) s.erase(at, 9);
  return s;
}
void Out::opaque(const std::type_info& type) {
  b += "{\"o\":";
  quoted(b, demangled(type.name()));
  b += '}';
}
bool Out::enter(const void* self) {
  if (self)
    for (std::size_t i = path.size(); i-- > 0;)
      if (path[i] == self) {
        b += "{\"r\":" + std::to_string(path.size() - i) + '}';
        return false;
      }
  if (static_cast<long>(path.size()) >= depth) { lost("too deep"); return false; }
  path.push_back(self);
  return true;
}
bool Out::cut_open(const Out& all) {
  left = LONG_MAX;  // the beginning is counted already
  if (all.over) { over = true; return false; }
  b += "{\"cut\":[";
  return true;
}
void Out::cut_close(const Out& all, std::size_t n) {
  left = all.left;
  b += ',' + std::to_string(n) + ",\"" + md5(all.b) + "\"]}";
}
void Out::bag(std::vector<std::string>& parts) {
  std::sort(parts.begin(), parts.end());
  const auto joined = [&](std::size_t n) {
    std::string s = "{\"S\":[";
    for (std::size_t i = 0; i < n; ++i) { if (i) s += ','; s += parts[i]; }
    return s + "]}";
  };
  if (!cuts(parts.size())) { b += joined(parts.size()); return; }
  b += "{\"cut\":[" + joined(static_cast<std::size_t>(items)) + ',' + std::to_string(parts.size()) + ",\"" + md5(joined(parts.size())) + "\"]}";
}

}  // namespace semalign_
