// Frames, events and the shared memory, compiled once.
#pragma once

namespace semalign_ {

Caps caps;
Event event;
unsigned cap_site = 0;

// ---- the shared memory ----
static char* sink = nullptr;
static std::size_t sink_size = 0, sink_at = 0, input_from = 0;
static bool is_program = false;
static long n_events = 0, n_frames = 0, n_raised = 0;

static bool append(const std::string& line, std::size_t reserve) {
  if (!sink || sink_at + line.size() + reserve > sink_size) return false;
  std::memcpy(sink + sink_at, line.data(), line.size());
  sink_at += line.size();
  return true;
}
static void open_sink() {
  struct stat s;
  if (fstat(3, &s) != 0 || s.st_size <= 0) return;
  void* p = mmap(nullptr, static_cast<std::size_t>(s.st_size), PROT_READ | PROT_WRITE, MAP_SHARED, 3, 0);
  if (p == MAP_FAILED) return;
  sink = static_cast<char*>(p);
  sink_size = static_cast<std::size_t>(s.st_size);
}

// Pages are made before they are needed: what a call takes must not depend on what was recorded before it.
static void touch(std::size_t bytes) {
  static std::size_t touched = 0;
  touched = std::max(touched, (sink_at + 4095) / 4096 * 4096);  // what holds lines is there
  for (; sink && touched < sink_size && touched < sink_at + bytes; touched += 4096) sink[touched] = 0;
}

// ---- arrays that are known ----
struct Range { const char *from, *to, *scalar; };
static std::vector<Range> ranges;
void know(const void* p, std::size_t bytes, const char* scalar) {
  const char* from = static_cast<const char*>(p);
  while (!ranges.empty() && ranges.back().from == from) ranges.pop_back();
  ranges.push_back({from, from + bytes, scalar});
}
// A block from `operator new` has its size before it, so that a pointer to its start is an array of known length.
struct Block { std::size_t mark, size; };
static std::size_t mark_of(const Block* b) { return reinterpret_cast<std::size_t>(b) ^ 0x5e3a11c9b10c0de5ull; }
static long heap_extent(const char* at) {
  const Block* b = reinterpret_cast<const Block*>(at) - 1;
  if (reinterpret_cast<std::size_t>(at) % 16 || !readable(b, sizeof(Block)) || b->mark != mark_of(b)) return -1;
  return static_cast<long>(b->size);
}
long extent(const void* p, std::size_t element, const char* scalar, bool is_object) {
  const char* at = static_cast<const char*>(p);
  for (std::size_t i = ranges.size(); i-- > 0;)
    if (at >= ranges[i].from && at <= ranges[i].to && ranges[i].scalar == scalar)
      return static_cast<long>((ranges[i].to - at) / static_cast<long>(element));
  const long bytes = heap_extent(at);
  if (bytes < static_cast<long>(is_object ? 2 * element : element)) return -1;  // one object is no array
  know(p, static_cast<std::size_t>(bytes), scalar);         // now pointers into it are known as well
  return bytes / static_cast<long>(element);
}

// ---- frames ----
static Frame* current = nullptr;
static std::vector<unsigned long long*> chunks;
static std::size_t chunk = 0, used = 0;
static const std::size_t chunk_words = 1 << 14;
using Calls = std::unordered_map<unsigned long long, int>;

static unsigned long long index_of(const Frame& f) {
  unsigned long long h = 1469598103934665603ull;
  for (int i = 0; i < deep[f.at]; ++i) h = (h ^ static_cast<unsigned>(f.it[i] + 1)) * 1099511628211ull;
  return h;
}
Frame::Frame(int site, int n_loops, int n_slots) : up(current), at(site), thrown(std::uncaught_exceptions()) {
  const std::size_t words = static_cast<std::size_t>(n_slots) + (static_cast<std::size_t>(n_loops) + 1) / 2;
  if (chunks.empty() || used + words > chunk_words) {
    if (!chunks.empty()) ++chunk;
    if (chunk >= chunks.size()) chunks.push_back(static_cast<unsigned long long*>(std::malloc(8 * std::max(chunk_words, words))));
    used = 0;
  }
  seen = chunks[chunk] + used;
  it = reinterpret_cast<int*>(seen + n_slots);
  std::memset(seen, 0, 8 * words);
  used += words;
  n_known = ranges.size();
  kept = n[site] < cap_site && (!up || up->kept);
  current = this;
}
static std::string message(const std::type_info* type, void* object) {
  if (!type || !object) return "";
  void* p = object;
  if (type->__is_pointer_p() ? false : typeid(std::exception).__do_catch(type, &p, 1)) return static_cast<std::exception*>(p)->what();
  if (*type == typeid(std::string)) return *static_cast<std::string*>(object);
  if (*type == typeid(const char*)) return *static_cast<const char**>(object);
  if (*type == typeid(char*)) return *static_cast<char**>(object);
  if (*type == typeid(int)) return std::to_string(*static_cast<int*>(object));
  return "";
}
static std::string exception_text(const std::type_info* type, const std::string& what) {
  std::string s = "{\"x\":[";
  quoted(s, type ? demangled(type->name()) : "exception");
  s += ',';
  quoted(s, what);
  return s + "]}";
}
static std::string last_thrown = "{\"x\":[\"exception\",\"\"]}";

Frame::~Frame() {
  if (!done) {
    if (std::uncaught_exceptions() > thrown) {
      if (kept && cap_site && ++n_raised <= caps.per_site) {
        begin('X', at);
        event.o.b.erase(event.o.b.size() - 1);  // the brace: what is shown is the exception
        event.o.b += last_thrown + "]\n";
        if (!append(event.o.b, 1 << 20)) cap_site = 0;
      }
    }
  }
  delete static_cast<Calls*>(calls);
  if (ranges.size() > n_known) ranges.resize(n_known);
  const std::size_t offset = static_cast<std::size_t>(seen - chunks[chunk]);
  if (offset < chunk_words && offset <= used) used = offset;
  if (offset == 0 && chunk > 0) { --chunk; used = chunk_words; }
  current = up;
}

static void index_text(std::string& b, const Frame& f, int site) {
  b += '[';
  for (int i = 0; i < deep[site]; ++i) { if (i) b += ','; decimal(b, static_cast<unsigned>(f.it[i])); }
  b += ']';
}
// The beginning of a line up to its variables. An outcome, which stands before these, is added by the caller.
static std::string& head(Frame& f, char kind, int site) {
  std::string& b = event.o.b;
  b.assign("[\"", 2);
  b += kind;
  b.append("\",", 2);
  decimal(b, static_cast<unsigned>(site));
  b += ',';
  decimal(b, static_cast<unsigned long>(f.id));
  b += ',';
  event.f = &f;
  event.first = true;
  event.whole = false;
  return b;
}
static Event& with_outcome(Frame& f, char kind, int site, const std::string& outcome) {
  std::string& b = head(f, kind, site);
  index_text(b, f, site);
  b += ',';
  b += outcome;
  b.append(",{", 2);
  return event;
}
Event& Frame::begin(char kind, int site) {
  std::string& b = head(*this, kind, site);
  index_text(b, *this, site);
  b.append(",{", 2);
  return event;
}
Event& Frame::enter(int site) {
  int ordinal = 0;
  id = n_frames++;
  if (up) {
    if (!up->calls) up->calls = new Calls;
    ordinal = (*static_cast<Calls*>(up->calls))[index_of(*up)]++;
  }
  std::string& b = head(*this, 'E', site);
  if (up) decimal(b, static_cast<unsigned long>(up->id)); else b.append("-1", 2);
  b += ',';
  if (up) index_text(b, *up, up->at); else b.append("[]", 2);
  b += ',';
  decimal(b, static_cast<unsigned>(ordinal));
  b.append(",{", 2);
  event.whole = is_program && (!up || !up->up);  // a call that `main` makes can serve as an input
  return event;
}
Event& Frame::cond(int site) { return with_outcome(*this, 'C', site, last ? "true" : "false"); }
Event& Frame::arm_of(int site, int number) {
  return with_outcome(*this, 'C', site, number < 0 ? "\"\"" : "\"case" + std::to_string(number) + '"');
}
Event& Frame::handler(int site) {
  const std::type_info* type = abi::__cxa_current_exception_type();
  std::string what;
  try { throw; } catch (const std::exception& e) { what = e.what(); } catch (const std::string& s) { what = s; }
  catch (const char* s) { what = s; } catch (int i) { what = std::to_string(i); } catch (...) {}
  return with_outcome(*this, 'H', site, exception_text(type, what));
}
Event& Frame::returned(int site) {
  done = true;
  if (event.one.over) { event.one.b.clear(); event.one.lost("too many elements"); }
  return with_outcome(*this, 'R', site, event.one.b);
}
Event& Frame::nothing(int site) {
  done = true;
  return with_outcome(*this, 'R', site, "null");
}
Out& Event::fresh() {
  one.b.clear();
  one.path.clear();
  one.over = false;
  one.left = caps.digest_items;
  one.items = whole ? 0 : caps.items;
  one.text = whole ? 0 : caps.text;
  one.depth = whole ? 64 : caps.depth;
  return one;
}
bool Event::changed(int slot, unsigned long long digest) {
  digest |= 1;
  const bool differs = f->seen[slot] != digest;
  f->seen[slot] = digest;
  return differs;
}
unsigned long long Event::text_digest() const {
  Mix m;
  m.bytes(one.b.data(), one.b.size());
  return m.h;
}
void Event::label(const char* name) {
  if (!first) o.b += ',';
  first = false;
  o.b += '"';
  o.b += name;
  o.b += "\":";
}
void Event::shown(const char* name) {
  label(name);
  if (one.over) o.lost("too many elements"); else o.b += one.b;
}
static unsigned long long scattered(unsigned long long bits) { return (bits + 1) * 0x9e3779b97f4a7c15ull << 1; }
Event& Event::integer(const char* name, int slot, long long v) {
  if (changed(slot, scattered(static_cast<unsigned long long>(v)))) { label(name); o.integer(v); }
  return *this;
}
Event& Event::operator()(const char* name, int slot, int v) { return integer(name, slot, v); }
Event& Event::operator()(const char* name, int slot, long v) { return integer(name, slot, v); }
Event& Event::operator()(const char* name, int slot, long long v) { return integer(name, slot, v); }
Event& Event::operator()(const char* name, int slot, bool v) {
  if (changed(slot, scattered(v))) { label(name); o.put(v ? "true" : "false"); }
  return *this;
}
Event& Event::operator()(const char* name, int slot, char v) {
  if (changed(slot, scattered(static_cast<unsigned char>(v)))) { label(name); o.character(static_cast<unsigned char>(v)); }
  return *this;
}
Event& Event::operator()(const char* name, int slot, double v) {
  unsigned long long bits;
  std::memcpy(&bits, &v, 8);
  if (changed(slot, scattered(bits))) { label(name); o.real(v); }
  return *this;
}
Event& Event::operator()(const char* name, int slot, float v) {
  unsigned bits;
  std::memcpy(&bits, &v, 4);
  if (changed(slot, scattered(bits))) { label(name); o.single(v); }
  return *this;
}
bool Event::end() {
  o.b += "}]\n";
  if (n_events >= caps.events || sink_at - input_from + o.b.size() > caps.bytes || !append(o.b, 1 << 20)) cap_site = 0;
  else ++n_events;
  return true;
}

}  // namespace semalign_
