// The runtime, compiled once beside the programs: frames, events, the shared memory, signals, the batch of inputs.
#pragma once
#include "semalign.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "semalign_text.hpp"

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

// ---- arrays that are known ----
struct Range { const char *from, *to, *scalar; };
static std::vector<Range> ranges;
void know(const void* p, std::size_t bytes, const char* scalar) {
  const char* from = static_cast<const char*>(p);
  while (!ranges.empty() && ranges.back().from == from) ranges.pop_back();
  ranges.push_back({from, from + bytes, scalar});
}
long extent(const void* p, std::size_t element, const char* scalar) {
  const char* at = static_cast<const char*>(p);
  for (std::size_t i = ranges.size(); i-- > 0;)
    if (at >= ranges[i].from && at <= ranges[i].to && ranges[i].scalar == scalar)
      return static_cast<long>((ranges[i].to - at) / static_cast<long>(element));
  return -1;
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
  for (int i = 0; i < deep[site]; ++i) { if (i) b += ','; b += std::to_string(f.it[i]); }
  b += ']';
}
Event& Frame::begin(char kind, int site) {
  std::string& b = event.o.b;
  b = "[\"";
  b += kind;
  b += "\"," + std::to_string(site) + ',' + std::to_string(id) + ',';
  index_text(b, *this, site);
  b += ",{";
  event.f = this;
  event.first = true;
  event.whole = false;
  return event;
}
static Event& with_outcome(Event& e, const std::string& outcome) {
  e.o.b.insert(e.o.b.size() - 1, outcome + ',');
  return e;
}
Event& Frame::enter(int site) {
  int ordinal = 0;
  id = n_frames++;
  if (up) {
    if (!up->calls) up->calls = new Calls;
    ordinal = (*static_cast<Calls*>(up->calls))[index_of(*up)]++;
  }
  std::string& b = event.o.b;
  b = "[\"E\"," + std::to_string(site) + ',' + std::to_string(id) + ',' + std::to_string(up ? up->id : -1) + ',';
  if (up) index_text(b, *up, up->at); else b += "[]";
  b += ',' + std::to_string(ordinal) + ",{";
  event.f = this;
  event.first = true;
  event.whole = is_program && (!up || !up->up);  // a call that `main` makes can serve as an input
  return event;
}
Event& Frame::cond(int site) { return with_outcome(begin('C', site), last ? "true" : "false"); }
Event& Frame::arm_of(int site, int number) {
  return with_outcome(begin('C', site), number < 0 ? "\"\"" : "\"case" + std::to_string(number) + '"');
}
Event& Frame::handler(int site) {
  const std::type_info* type = abi::__cxa_current_exception_type();
  std::string what;
  try { throw; } catch (const std::exception& e) { what = e.what(); } catch (const std::string& s) { what = s; }
  catch (const char* s) { what = s; } catch (int i) { what = std::to_string(i); } catch (...) {}
  return with_outcome(begin('H', site), exception_text(type, what));
}
Event& Frame::returned(int site, Out& value) {
  done = true;
  if (value.over) { value.b.clear(); value.lost("too many elements"); }
  return with_outcome(begin('R', site), value.b);
}
Event& Frame::nothing(int site) {
  done = true;
  return with_outcome(begin('R', site), "null");
}
void Event::shown(const char* name, int slot, Out& one) {
  if (one.over) { one.b.clear(); one.lost("too many elements"); }
  unsigned long long h = 1469598103934665603ull;
  for (const char c : one.b) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  if (f->seen[slot] == h) return;
  f->seen[slot] = h;
  if (!first) o.b += ',';
  first = false;
  o.b += '"';
  o.b += name;
  o.b += "\":";
  o.b += one.b;
}
bool Event::end() {
  o.b += "}]\n";
  if (n_events >= caps.events || sink_at - input_from + o.b.size() > caps.bytes || !append(o.b, 1 << 20)) cap_site = 0;
  else ++n_events;
  return true;
}

// ---- one input ----
static void begin_input(long k) {
  append("[\"=\"," + std::to_string(k) + "]\n", 0);
  input_from = sink_at;
  n_events = n_frames = n_raised = 0;
  std::fill(n, n + n_sites, 0u);
}
static std::chrono::steady_clock::time_point call_began;
static bool calling = false;
void begin_call() {
  cap_site = n_sites > 1 ? static_cast<unsigned>(caps.per_site) : 0;
  calling = true;
  call_began = std::chrono::steady_clock::now();
}
void end_call() {
  if (!calling) return;
  calling = false;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - call_began;
  append("[\"W\"," + std::to_string(took.count() * 1e6) + "]\n", 0);
  if (n_sites <= 1) return;
  cap_site = 0;
  long total = 0;
  std::string line = "[\"N\",[";
  for (int i = 0; i < n_sites; ++i) {
    if (!n[i]) continue;
    if (total) line += ',';
    line += '[' + std::to_string(i) + ',' + std::to_string(n[i]) + ']';
    total += n[i];
  }
  append(line + "]," + std::to_string(total - n_events) + "]\n", 1 << 16);
}
static void note(const char* what) { append(std::string("[\"K\",\"") + what + "\"]\n", 0); }

void result_line(Out& result, Out& arguments) {
  if (result.over) { result.b.clear(); result.lost("too many elements"); }
  if (!intact()) return note("undefined: wrote before the start of an array");
  append("[\"r\"," + result.b + ',' + arguments.b + "]\n", 0);
}
void raised_line(Out& arguments) {
  end_call();
  const std::type_info* type = abi::__cxa_current_exception_type();
  std::string what;
  try { throw; } catch (const std::bad_alloc&) { return note("memory"); } catch (const std::exception& e) { what = e.what(); }
  catch (const std::string& s) { what = s; } catch (const char* s) { what = s; } catch (int i) { what = std::to_string(i); }
  catch (...) {}
  append("[\"e\"," + exception_text(type, what) + ',' + arguments.b + "]\n", 0);
}
void refuse(const std::string& reason) {
  std::string line = "[\"!\",";
  quoted(line, reason);
  append(line + "]\n", 0);
}

// ---- memory of arguments ----
struct Guarded { char *from, *to; };
static std::vector<Guarded> guarded;
void* buffer(std::size_t bytes) {
  const std::size_t size = (bytes + 15) / 16 * 16;
  if (!sanitized) {  // slack of zeros on both sides: what runs over reads the same each time
    char* p = static_cast<char*>(std::calloc(size + 512, 1));
    if (!p) throw std::bad_alloc();
    return p + 256;
  }
  const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE)), whole = (bytes + 64 + page - 1) / page * page;
  char* p = static_cast<char*>(mmap(nullptr, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (p == MAP_FAILED) throw std::bad_alloc();
  mprotect(p + whole, page, PROT_NONE);
  char* at = p + whole - bytes;
  std::memset(p, 0xa5, static_cast<std::size_t>(at - p));
  guarded.push_back({p, at});
  return at;
}
bool intact() {
  for (const Guarded& g : guarded)
    if (!std::all_of(g.from, g.to, [](char c) { return c == '\xa5'; })) return false;
  return true;
}

// ---- signals ----
static sigjmp_buf probe;
static volatile sig_atomic_t probing = 0;
static const char* stack_base = nullptr;
static std::string* nonce = nullptr;

bool readable(const void* p, std::size_t bytes) {
  if (sigsetjmp(probe, 1)) { probing = 0; return false; }
  probing = 1;
  const volatile char* c = static_cast<const volatile char*>(p);
  (void)c[0];
  (void)c[bytes - 1];
  probing = 0;
  return true;
}
static void on_signal(int number, siginfo_t* info, void*) {
  if (probing) siglongjmp(probe, 1);
  if (number == SIGALRM) {
    note("timeout");
    _exit(0);
  }
  const char* at = static_cast<const char*>(info->si_addr);
  struct rlimit r;
  if (number == SIGSEGV && stack_base && getrlimit(RLIMIT_STACK, &r) == 0 && r.rlim_cur != RLIM_INFINITY) {
    const std::size_t below = static_cast<std::size_t>(stack_base - at);
    if (at < stack_base && below + (1 << 20) > r.rlim_cur && below < r.rlim_cur + (64 << 20)) note("stack overflow");
  }
  if (number == SIGSEGV)
    for (const Guarded& g : guarded)
      if (at >= g.to && at < g.to + (1 << 20)) { note("undefined: access past the end of an array"); break; }
  signal(number, SIG_DFL);
}
static void catch_signals() {
  stack_t alternative = {};
  alternative.ss_size = 1 << 16;
  alternative.ss_sp = std::malloc(alternative.ss_size);
  sigaltstack(&alternative, nullptr);
  struct sigaction action = {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (const int number : {SIGSEGV, SIGBUS, SIGALRM}) sigaction(number, &action, nullptr);
}

static double take_caps(int argc, char** argv) {
  stack_base = reinterpret_cast<const char*>(&argc);
  open_sink();
  catch_signals();
  if (argc < 9) return 0;
  caps.events = std::atol(argv[2]);
  caps.per_site = std::atol(argv[3]);
  caps.items = std::atol(argv[4]);
  caps.digest_items = std::atol(argv[5]);
  caps.depth = std::atol(argv[6]);
  caps.text = std::atol(argv[7]);
  caps.bytes = static_cast<std::size_t>(std::atol(argv[8]));
  return std::atof(argv[1]);
}

// argv: seconds for one input, the caps, the number of the first input, what parts the outputs. Standard input: one
// JSON list of arguments a line, read whole before the first call.
int serve(int argc, char** argv, void (*one)(const Json&)) {
  const double wall = take_caps(argc, argv);
  std::string all;
  char piece[1 << 16];
  for (ssize_t got; (got = read(0, piece, sizeof piece)) > 0;) all.append(piece, static_cast<std::size_t>(got));
  long k = argc > 9 ? std::atol(argv[9]) : 0;
  const std::string mark = argc > 10 ? argv[10] : "";
  const std::size_t most = n_sites > 1 ? caps.bytes + (1 << 20) : 1 << 20;
  for (const char* p = all.c_str(); *p; ++k) {
    if (sink_at && sink_at + most > sink_size) return 0;  // the rest is for another process
    begin_input(k);
    std::size_t known = ranges.size();
    try {
      const Json j = parse_json(p);
      struct itimerval timer = {};
      timer.it_value.tv_sec = static_cast<time_t>(wall);
      timer.it_value.tv_usec = static_cast<suseconds_t>((wall - std::floor(wall)) * 1e6);
      setitimer(ITIMER_REAL, &timer, nullptr);
      one(j);
      timer.it_value.tv_sec = timer.it_value.tv_usec = 0;
      setitimer(ITIMER_REAL, &timer, nullptr);
    } catch (const Misfit& m) { refuse(m.reason); }
    ranges.resize(std::min(known, ranges.size()));
    current = nullptr;
    while (*p && *p != '\n') ++p;
    if (*p) ++p;
    std::cout.flush();
    std::fflush(stdout);
    for (std::size_t done = 0; done < mark.size();) {
      const ssize_t wrote = write(1, mark.data() + done, mark.size() - done);
      if (wrote <= 0) break;
      done += static_cast<std::size_t>(wrote);
    }
  }
  std::fflush(stdout);
  _exit(0);  // the program's statics stay as they are: their destructors are not what was asked for
}

static void end_program() { end_call(); }
int program(int argc, char** argv, int (*start)(int, char**)) {
  take_caps(argc, argv);
  is_program = true;
  begin_input(0);
  std::atexit(end_program);
  begin_call();
  argv[1] = nullptr;
  return start(1, argv);
}

}  // namespace semalign_

// An exception that leaves a frame is named by the frame's destructor, where the language shows it no more.
extern "C" void __cxa_throw(void* object, void* thrown, void (*destroy)(void*)) {
  using Throw = void (*)(void*, void*, void (*)(void*));
  static const Throw real = reinterpret_cast<Throw>(dlsym(RTLD_NEXT, "__cxa_throw"));
  const std::type_info* type = static_cast<std::type_info*>(thrown);
  if (semalign_::cap_site) semalign_::last_thrown = semalign_::exception_text(type, semalign_::message(type, object));
  real(object, thrown, destroy);
  __builtin_unreachable();
}
