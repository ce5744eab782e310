// The text side of the runtime, compiled once: writing values, MD5, reading JSON.
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
static std::string md5(const std::string& text) {
  static std::uint32_t k[64];
  static const int turn[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
  if (!k[0]) for (int i = 0; i < 64; ++i) k[i] = static_cast<std::uint32_t>(std::floor(std::fabs(std::sin(i + 1.0)) * 4294967296.0));
  std::string m = text;
  m += '\x80';
  while (m.size() % 64 != 56) m += '\0';
  const std::uint64_t bits = static_cast<std::uint64_t>(text.size()) * 8;
  for (int i = 0; i < 8; ++i) m += static_cast<char>(bits >> (8 * i));
  std::uint32_t h[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  for (std::size_t at = 0; at < m.size(); at += 64) {
    std::uint32_t w[16], a = h[0], b = h[1], c = h[2], d = h[3];
    for (int i = 0; i < 16; ++i) {
      w[i] = 0;
      for (int j = 3; j >= 0; --j) w[i] = w[i] << 8 | static_cast<unsigned char>(m[at + 4 * i + j]);
    }
    for (int i = 0; i < 64; ++i) {
      const int round = i / 16;
      std::uint32_t f;
      int g;
      if (round == 0) { f = (b & c) | (~b & d); g = i; }
      else if (round == 1) { f = (d & b) | (~d & c); g = (5 * i + 1) % 16; }
      else if (round == 2) { f = b ^ c ^ d; g = (3 * i + 5) % 16; }
      else { f = c ^ (b | ~d); g = (7 * i) % 16; }
      f += a + k[i] + w[g];
      a = d;
      d = c;
      c = b;
      const int s = turn[round][i % 4];
      b += f << s | f >> (32 - s);
    }
    h[0] += a; h[1] += b; h[2] += c; h[3] += d;
  }
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

void Out::integer(long long v) { b += std::to_string(v); }
void Out::natural(unsigned long long v) { b += std::to_string(v); }
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

// ---- JSON ----

static void skip(const char*& p) { while (*p == ' ' || *p == ',' || *p == ':') ++p; }
static unsigned hex4(const char*& p) {
  unsigned u = 0;
  for (int i = 0; i < 4; ++i, ++p) u = u * 16 + (*p <= '9' ? *p - '0' : (*p | 32) - 'a' + 10);
  return u;
}
static void utf8(std::string& s, unsigned c) {
  if (c < 0x80) s += static_cast<char>(c);
  else if (c < 0x800) { s += static_cast<char>(0xc0 | c >> 6); s += static_cast<char>(0x80 | (c & 63)); }
  else if (c < 0x10000) {
    s += static_cast<char>(0xe0 | c >> 12); s += static_cast<char>(0x80 | (c >> 6 & 63)); s += static_cast<char>(0x80 | (c & 63));
  } else {
    s += static_cast<char>(0xf0 | c >> 18); s += static_cast<char>(0x80 | (c >> 12 & 63));
    s += static_cast<char>(0x80 | (c >> 6 & 63)); s += static_cast<char>(0x80 | (c & 63));
  }
}
static std::string parse_string(const char*& p) {
  std::string s;
  for (++p; *p && *p != '"';) {
    if (*p != '\\') { s += *p++; continue; }
    const char c = *++p;
    ++p;
    if (c == 'u') {
      unsigned u = hex4(p);
      if (u >= 0xd800 && u < 0xdc00 && p[0] == '\\' && p[1] == 'u') { p += 2; u = 0x10000 + ((u - 0xd800) << 10) + (hex4(p) - 0xdc00); }
      utf8(s, u);
    } else {
      static const char from[] = "btnfr", to[] = "\b\t\n\f\r";
      const char* at = std::strchr(from, c);
      s += at && c ? to[at - from] : c;
    }
  }
  if (*p) ++p;
  return s;
}
static double from_bits(const std::string& hex) {
  const std::uint64_t u = std::strtoull(hex.c_str(), nullptr, 16);
  double v;
  std::memcpy(&v, &u, 8);
  return v;
}
static Json parse_tagged(const char*& p) {
  skip(++p);
  const std::string tag = parse_string(p);
  skip(p);
  Json body = parse_json(p), j;
  skip(p);
  if (*p == '}') ++p;
  if (tag == "i") { j.kind = 'i'; j.text = body.items.at(0).text; }
  else if (tag == "f" || tag == "f4") { j.kind = 'f'; j.real = from_bits(body.text); }
  else if (tag == "c") { j.kind = 'c'; j.text = body.text; }
  else if (tag == "b") {
    j.kind = 'y';
    for (std::size_t i = 0; i + 1 < body.text.size(); i += 2) j.text += static_cast<char>(std::stoi(body.text.substr(i, 2), nullptr, 16));
  } else if (tag == "R") {
    j.kind = 'R';
    for (Json& field : body.items.at(1).items) j.items.push_back(field.items.at(1));
  } else if (tag == "t" || tag == "S" || tag == "m") { j = body; j.kind = tag[0]; }
  else j.kind = '?';
  return j;
}
Json parse_json(const char*& p) {
  Json j;
  skip(p);
  if (*p == '[') {
    j.kind = 'l';
    for (skip(++p); *p && *p != ']'; skip(p)) j.items.push_back(parse_json(p));
    if (*p) ++p;
  } else if (*p == '{') return parse_tagged(p);
  else if (*p == '"') { j.kind = 's'; j.text = parse_string(p); }
  else if (*p == 'n') p += 4;
  else if (*p == 't') { j.kind = 'b'; j.truth = true; p += 4; }
  else if (*p == 'f') { j.kind = 'b'; p += 5; }
  else {
    const char* start = p;
    while (*p && std::strchr("+-.0123456789eE", *p)) ++p;
    if (p == start) throw Misfit{"a value that is not JSON"};
    j.text.assign(start, p);
    j.kind = j.text.find_first_of(".eE") == std::string::npos ? 'i' : 'f';
    j.real = std::strtod(j.text.c_str(), nullptr);
  }
  return j;
}

void misfit(const char* wanted, const Json& got) {
  static const std::map<char, const char*> names = {
      {'n', "null"}, {'b', "a truth value"}, {'i', "an integer"}, {'f', "a float"}, {'s', "text"}, {'c', "a character"},
      {'y', "bytes"}, {'l', "a list"}, {'t', "a tuple"}, {'S', "a set"}, {'m', "a map"}, {'R', "a record"}};
  const auto it = names.find(got.kind);
  throw Misfit{std::string("expected ") + wanted + ", got " + (it == names.end() ? "a value with no content" : it->second)};
}
static const std::string& number_text(const Json& j) {
  if (j.kind != 'i') misfit("an integer", j);
  return j.text;
}
long long to_integer(const Json& j, long long low, long long high, const char*) {
  errno = 0;
  if (j.kind == 'c' && j.text.size() == 1) return static_cast<unsigned char>(j.text[0]);
  const long long v = std::strtoll(number_text(j).c_str(), nullptr, 10);
  if (errno || v < low || v > high) throw Misfit{j.text + " does not fit the declared integer type"};
  return v;
}
unsigned long long to_natural(const Json& j, unsigned long long high, const char*) {
  errno = 0;
  const std::string& s = number_text(j);
  const unsigned long long v = std::strtoull(s.c_str(), nullptr, 10);
  if (errno || s[0] == '-' || v > high) throw Misfit{s + " does not fit the declared unsigned type"};
  return v;
}
char to_char(const Json& j) {
  if (j.kind == 'i') return static_cast<char>(to_integer(j, -128, 255, "char"));
  if (j.kind != 'c' && j.kind != 's') misfit("a character", j);
  std::vector<char32_t> points;
  if (!code_points(j.text.data(), j.text.size(), points) || points.size() != 1 || points[0] > 255)
    throw Misfit{"a text that is not one character of one byte"};
  return static_cast<char>(points[0]);
}
double to_real(const Json& j) {
  if (j.kind == 'i') return std::strtod(j.text.c_str(), nullptr);
  if (j.kind != 'f') misfit("a float", j);
  return j.real;
}
float to_single(const Json& j) {
  const double v = to_real(j);
  if (std::isfinite(v) && std::fabs(v) > FLT_MAX) throw Misfit{"a number too large for float"};
  return static_cast<float>(v);
}
std::string to_text(const Json& j) {
  if (j.kind == 's' || j.kind == 'y' || j.kind == 'c') return j.text;
  if (j.kind != 'l') misfit("text", j);
  std::string s;
  for (const Json& one : j.items) s += to_char(one);
  return s;
}
const std::vector<Json>& to_items(const Json& j, const char* what) {
  if (!std::strchr("ltS", j.kind)) misfit(what, j);
  return j.items;
}

}  // namespace semalign_
