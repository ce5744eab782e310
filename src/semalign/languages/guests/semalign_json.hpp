// The reading side of the runtime, compiled once: JSON of arguments, and what the declared types make of it.
#pragma once

namespace semalign_ {

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
