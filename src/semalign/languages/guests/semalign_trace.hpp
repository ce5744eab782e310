// Frames and events of the instrumented program; one `Frame` object a call. What is slow is in semalign_runtime.hpp.
#pragma once

namespace semalign_ {

extern unsigned n[];                // how often each site was passed
extern const unsigned char deep[];  // loops around each site, its own included where it has an iteration
extern const int n_sites;
extern unsigned cap_site;           // 0 once nothing more is recorded

struct Frame;

struct Event {
  Out o, one;  // the line, and one value of it
  Frame* f = nullptr;
  bool whole = false;
  bool first = true;
  template <class T> Event& operator()(const char* name, int slot, const T& v) {
    Mix m;
    if (Raw<std::remove_cv_t<T>>::mix(m, v)) {
      if (!changed(slot, m.h)) return *this;
      put(fresh(), v);
      shown(name);
    } else {
      put(fresh(), v);
      if (changed(slot, text_digest())) shown(name);
    }
    return *this;
  }
  Event& operator()(const char* name, int slot, bool v);
  Event& operator()(const char* name, int slot, char v);
  Event& operator()(const char* name, int slot, int v);
  Event& operator()(const char* name, int slot, long v);
  Event& operator()(const char* name, int slot, long long v);
  Event& operator()(const char* name, int slot, double v);
  Event& operator()(const char* name, int slot, float v);
  Event& integer(const char* name, int slot, long long v);
  Out& fresh();
  bool changed(int slot, unsigned long long digest);
  unsigned long long text_digest() const;
  void label(const char* name);
  void shown(const char* name);
  bool end();
};
extern Event event;

struct Frame {
  Frame* up;
  long id = -1;
  bool kept;                 // its entry was recorded; of a frame that was not, nothing is
  int at;                    // the site that is being executed
  int thrown;                // exceptions in flight when it began
  bool last = false, done = false;
  bool arm = false;          // no arm of the `switch` was taken yet
  int* it;                   // iteration of each loop, outermost first
  unsigned long long* seen;  // digest of what was last shown of each variable
  std::size_t n_known;       // arrays known when it began
  void* calls = nullptr;     // calls made, by iteration
  Frame(int site, int n_loops, int n_slots);
  ~Frame();
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;
  Event& enter(int site);
  Event& block(int site) { return begin('B', site); }
  Event& cond(int site);
  Event& arm_of(int site, int number);
  Event& iterate(int site) { return begin('I', site); }
  Event& handler(int site);
  Event& begin(char kind, int site);
  Event& nothing(int site);
  template <class T> Event& ret(int site, const T& v) {
    event.whole = false;
    semalign_::put(event.fresh(), v);
    return returned(site);
  }
  Event& returned(int site);
  template <class T> void know(const T* p, std::size_t bytes) {
    semalign_::know(p, bytes, tag<typename Scalar<T>::type>());
  }
};

}  // namespace semalign_

#define SEMALIGN_ON(site) (++semalign_::n[site] <= semalign_::cap_site && semalign_f.kept)
