// The runtime, compiled once beside the programs: signals, the memory of arguments, the batch of inputs.
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
#include "semalign_json.hpp"
#include "semalign_frames.hpp"

namespace semalign_ {

// ---- one input ----
static void begin_input(long k) {
  append("[\"=\"," + std::to_string(k) + "]\n", 0);
  input_from = sink_at;
  touch(1 << 17);
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
  if (sigsetjmp(probe, 0)) { probing = 0; return false; }
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
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
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

// Code and memory that every call needs, used once before the first is timed.
static void warm_up() {
  if (n_sites <= 1) return;
  char* const real = sink;
  sink = nullptr;
  cap_site = 1;
  for (int i = 0; i < 2; ++i) {
    Frame frame(0, 1, 1);
    frame.it[0] = 0;
    frame.enter(0)("", 0, i)("", 0, 0.5)("", 0, true)("", 0, std::vector<int>(70, i)).end();
    frame.block(0)("", 0, 'x').end();
    frame.last = true;
    frame.cond(0)("", 0, std::string("x")).end();
    frame.ret(0, i).end();
  }
  cap_site = 0;
  sink = real;
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
  warm_up();
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

static const std::size_t slack = 64;  // bytes after a block that may be read by mistake, and then read the same
void* operator new(std::size_t size) {
  semalign_::Block* b = nullptr;
  if (size < PTRDIFF_MAX) b = static_cast<semalign_::Block*>(std::malloc(size + slack + sizeof(semalign_::Block)));
  if (!b) throw std::bad_alloc();
  b->mark = semalign_::mark_of(b);
  b->size = size;
  std::memset(b + 1, semalign_::sanitized ? 0xbe : 0, size + slack);
  return b + 1;
}
void operator delete(void* p) noexcept {
  if (!p) return;
  semalign_::Block* b = static_cast<semalign_::Block*>(p) - 1;
  b->mark = 0;
  std::free(b);
}
void operator delete(void* p, std::size_t) noexcept { operator delete(p); }
