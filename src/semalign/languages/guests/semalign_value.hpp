// Values as wire text (semalign/values/wire.py). Reads only: never operator[] of a map, containers drained as copies.
#pragma once

namespace semalign_ {

struct Caps {
  long events = 10000, per_site = 256, items = 64, digest_items = 4096, depth = 8, text = 256;
  std::size_t bytes = 8u << 20;
};
extern Caps caps;

template <class T> const char* tag() { static const char unique = 0; return &unique; }
bool readable(const void* p, std::size_t n);
// Elements from `p` to the end of the array it points into; -1: not in an array that is known.
long extent(const void* p, std::size_t element, const char* scalar, bool is_object = false);
void know(const void* p, std::size_t bytes, const char* scalar);

struct Out {
  std::string b;
  long items = 0, text = 0;  // kept of one container, of one text; 0: all
  long depth = 64, left = 4096;
  bool over = false;
  std::vector<const void*> path;  // containers around this place, for back references
  static Out kept();
  static Out whole();
  void put(const char* s) { b += s; }
  void integer(long long v);
  void natural(unsigned long long v);
  void wide(unsigned __int128 v, bool negative);
  void real(double v);
  void single(float v);
  void character(unsigned char c);
  void string(const char* p, std::size_t n);
  void characters(const char* p, long n);
  void opaque(const std::type_info& type);
  void lost(const char* reason);
  bool enter(const void* self);
  void leave() { path.pop_back(); }
  // Takes room for the elements of a container; all that is written of one value shares it.
  bool room(std::size_t n) { left -= static_cast<long>(n); over = over || left < 0; return !over; }
  bool cuts(std::size_t n) const { return items && n > static_cast<std::size_t>(items); }
  Out rest() const;  // an empty one that writes everything, for a digest
  bool cut_open(const Out& all);  // false where it is too large; what is written next is its beginning
  void cut_close(const Out& all, std::size_t n);
  void bag(std::vector<std::string>& parts);
  template <class T> void numbers(const T* p, std::size_t n);  // a list of them, cut where it is long
};
// What numbers are made of is compiled once, and fast: most of what programs hold is arrays of them.
#define SEMALIGN_NUMBERS(X) \
  X(signed char) X(unsigned char) X(short) X(unsigned short) X(int) X(unsigned) X(long) X(unsigned long) \
  X(long long) X(unsigned long long) X(float) X(double)
#define SEMALIGN_EXTERN(T) extern template void Out::numbers<T>(const T*, std::size_t);
SEMALIGN_NUMBERS(SEMALIGN_EXTERN)
#undef SEMALIGN_EXTERN
template <class T> struct Number
    : std::bool_constant<std::is_arithmetic_v<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, char> &&
                         !std::is_same_v<T, wchar_t> && !std::is_same_v<T, char16_t> && !std::is_same_v<T, char32_t> &&
                         sizeof(T) <= 8> {};

template <class T, class = void> struct Has : std::false_type {};
struct Record;
template <class T>
struct Has<T, std::void_t<decltype(std::declval<const T&>().semalign_fields_(std::declval<Record&>()))>> : std::true_type {};
template <class T, class = void> struct Complete : std::false_type {};
template <class T> struct Complete<T, std::void_t<decltype(sizeof(T))>> : std::true_type {};
template <class T> struct Scalar { using type = std::remove_cv_t<T>; };
template <class T, std::size_t N> struct Scalar<T[N]> : Scalar<T> {};

template <class T> void put(Out& o, const T& v);
struct Record {
  Out& o;
  bool first = true;
  explicit Record(Out& out) : o(out) {}
  Record& name(const char* n) { o.put("{\"R\":[\""); o.put(n); o.put("\",["); return *this; }
  template <class T> Record& operator()(const char* n, const T& v) {
    o.put(first ? "[\"" : ",[\"");
    o.put(n);
    o.put("\",");
    first = false;
    if (o.room(1)) semalign_::put(o, v); else o.put("null");
    o.put("]");
    return *this;
  }
  void end() { o.put("]]}"); }
};

template <class T, class = void> struct Enc {
  static void put(Out& o, const T& v) {
    if constexpr (std::is_enum_v<T>) o.integer(static_cast<long long>(v));
    else if constexpr (Has<T>::value) {
      if (!o.enter(&v)) return;
      Record r(o);
      v.semalign_fields_(r);
      r.end();
      o.leave();
    } else o.opaque(typeid(T));
  }
};
template <class T> void put(Out& o, const T& v) { Enc<std::remove_cv_t<T>>::put(o, v); }

template <class T> struct Enc<T, std::enable_if_t<std::is_integral_v<T>>> {
  static void put(Out& o, T v) {
    if constexpr (std::is_same_v<T, bool>) o.put(v ? "true" : "false");
    else if constexpr (std::is_same_v<T, char>) o.character(static_cast<unsigned char>(v));
    else if constexpr (sizeof(T) > 8) o.wide(v < 0 ? -static_cast<unsigned __int128>(v) : v, v < 0);
    else if constexpr (std::is_signed_v<T>) o.integer(v);
    else o.natural(v);
  }
};
template <class T> struct Enc<T, std::enable_if_t<std::is_floating_point_v<T>>> {
  static void put(Out& o, T v) {
    if constexpr (std::is_same_v<T, float>) o.single(v); else o.real(static_cast<double>(v));
  }
};
template <> struct Enc<std::nullptr_t> { static void put(Out& o, std::nullptr_t) { o.put("null"); } };
template <> struct Enc<std::string> { static void put(Out& o, const std::string& v) { o.string(v.data(), v.size()); } };
template <> struct Enc<std::string_view> { static void put(Out& o, std::string_view v) { o.string(v.data(), v.size()); } };
template <std::size_t N> struct Enc<std::bitset<N>> {
  static void put(Out& o, const std::bitset<N>& v) { Enc<std::string>::put(o, v.to_string()); }
};

template <class T, class It> void elements(Out& o, It it, std::size_t n) {
  o.put("[");
  for (std::size_t i = 0; i < n && !o.over; ++i, ++it) {
    if (i) o.put(",");
    Enc<T>::put(o, *it);
  }
  o.put("]");
}
template <class T, class It> void sequence(Out& o, It it, std::size_t n) {
  if constexpr (Number<T>::value && std::is_pointer_v<It>) return o.numbers(it, n);
  if (!o.enter(nullptr)) return;
  if (!o.room(n)) {}
  else if (o.cuts(n)) {
    Out all = o.rest();
    elements<T>(all, it, n);
    if (o.cut_open(all)) {
      elements<T>(o, it, static_cast<std::size_t>(o.items));
      o.cut_close(all, n);
    }
  } else elements<T>(o, it, n);
  o.leave();
}
template <class C> struct Sequence {
  static void put(Out& o, const C& v) {
    sequence<typename C::value_type>(o, v.begin(), static_cast<std::size_t>(std::distance(v.begin(), v.end())));
  }
};
template <class T, class A> struct Enc<std::vector<T, A>> : Sequence<std::vector<T, A>> {
  static void put(Out& o, const std::vector<T, A>& v) {
    if constexpr (Number<T>::value) o.numbers(v.data(), v.size()); else Sequence<std::vector<T, A>>::put(o, v);
  }
};
template <class T, class A> struct Enc<std::deque<T, A>> : Sequence<std::deque<T, A>> {};
template <class T, class A> struct Enc<std::list<T, A>> : Sequence<std::list<T, A>> {};
template <class T, class A> struct Enc<std::forward_list<T, A>> : Sequence<std::forward_list<T, A>> {};
template <class T, std::size_t N> struct Enc<std::array<T, N>> : Sequence<std::array<T, N>> {};
template <class T> struct Enc<std::valarray<T>> {
  static void put(Out& o, const std::valarray<T>& v) { sequence<T>(o, std::begin(v), v.size()); }
};

template <class A> struct Inside : A {
  static const typename A::container_type& of(const A& a) { return a.*&Inside::c; }
};
template <class T, class C> struct Enc<std::stack<T, C>> {
  static void put(Out& o, const std::stack<T, C>& v) { Enc<C>::put(o, Inside<std::stack<T, C>>::of(v)); }
};
template <class T, class C> struct Enc<std::queue<T, C>> {
  static void put(Out& o, const std::queue<T, C>& v) { Enc<C>::put(o, Inside<std::queue<T, C>>::of(v)); }
};
template <class T, class C, class L> struct Enc<std::priority_queue<T, C, L>> {
  static void put(Out& o, const std::priority_queue<T, C, L>& v) {
    if (v.size() > static_cast<std::size_t>(caps.digest_items)) { o.over = true; return; }
    auto copy = v;
    std::vector<T> popped;
    for (; !copy.empty(); copy.pop()) popped.push_back(copy.top());
    Enc<std::vector<T>>::put(o, popped);
  }
};

template <class A, class B> struct Enc<std::pair<A, B>> {
  static void put(Out& o, const std::pair<A, B>& v) {
    if (!o.enter(nullptr)) return;
    o.room(2);
    o.put("{\"t\":[");
    semalign_::put(o, v.first);
    o.put(",");
    semalign_::put(o, v.second);
    o.put("]}");
    o.leave();
  }
};
template <class... T> struct Enc<std::tuple<T...>> {
  static void put(Out& o, const std::tuple<T...>& v) {
    if (!o.enter(nullptr)) return;
    o.room(sizeof...(T));
    o.put("{\"t\":[");
    bool first = true;
    std::apply([&](const auto&... x) { (((first ? void() : o.put(",")), first = false, semalign_::put(o, x)), ...); }, v);
    o.put("]}");
    o.leave();
  }
};

template <class C> struct Bag {
  static void put(Out& o, const C& v) {
    if (!o.enter(nullptr)) return;
    std::vector<std::string> parts;
    if (o.room(v.size()))
      for (const auto& x : v) {
        Out part = o.rest();
        semalign_::put(part, x);
        o.left = part.left;
        o.over = o.over || part.over;
        parts.push_back(std::move(part.b));
      }
    o.bag(parts);
    o.leave();
  }
};
template <class T, class L, class A> struct Enc<std::set<T, L, A>> : Bag<std::set<T, L, A>> {};
template <class T, class L, class A> struct Enc<std::multiset<T, L, A>> : Bag<std::multiset<T, L, A>> {};
template <class T, class H, class E, class A>
struct Enc<std::unordered_set<T, H, E, A>> : Bag<std::unordered_set<T, H, E, A>> {};
template <class T, class H, class E, class A>
struct Enc<std::unordered_multiset<T, H, E, A>> : Bag<std::unordered_multiset<T, H, E, A>> {};

template <class C> struct Pairs {
  using K = typename C::key_type;
  using V = typename C::mapped_type;
  static void some(Out& o, const C& v, std::size_t n) {
    o.put("{\"m\":[");
    auto it = v.begin();
    for (std::size_t i = 0; i < n && !o.over; ++i, ++it) {
      o.put(i ? ",[" : "[");
      Enc<K>::put(o, it->first);
      o.put(",");
      Enc<V>::put(o, it->second);
      o.put("]");
    }
    o.put("]}");
  }
  static void put(Out& o, const C& v) {
    if (!o.enter(nullptr)) return;
    if (!o.room(v.size())) {}
    else if (o.cuts(v.size())) {
      Out all = o.rest();
      some(all, v, v.size());
      if (o.cut_open(all)) {
        some(o, v, static_cast<std::size_t>(o.items));
        o.cut_close(all, v.size());
      }
    } else some(o, v, v.size());
    o.leave();
  }
};
template <class K, class V, class L, class A> struct Enc<std::map<K, V, L, A>> : Pairs<std::map<K, V, L, A>> {};
template <class K, class V, class L, class A> struct Enc<std::multimap<K, V, L, A>> : Pairs<std::multimap<K, V, L, A>> {};
template <class K, class V, class H, class E, class A>
struct Enc<std::unordered_map<K, V, H, E, A>> : Pairs<std::unordered_map<K, V, H, E, A>> {};
template <class K, class V, class H, class E, class A>
struct Enc<std::unordered_multimap<K, V, H, E, A>> : Pairs<std::unordered_multimap<K, V, H, E, A>> {};

template <class T> struct Enc<std::optional<T>> {
  static void put(Out& o, const std::optional<T>& v) { if (v) Enc<T>::put(o, *v); else o.put("null"); }
};

template <class T> struct Enc<T*> {
  static void put(Out& o, T* p) {
    using S = typename Scalar<T>::type;
    if (!p) return o.put("null");
    if constexpr (std::is_function_v<T> || std::is_void_v<T> || !Complete<T>::value) o.opaque(typeid(T*));
    else {
      const long n = extent(p, sizeof(T), tag<S>(), std::is_class_v<S> && !std::is_array_v<T>);
      if constexpr (std::is_same_v<std::remove_cv_t<T>, char>) o.characters(p, n);
      else if (n >= 0) sequence<std::remove_cv_t<T>>(o, p, static_cast<std::size_t>(n));
      else if constexpr (std::is_class_v<S> && !std::is_array_v<T>) {
        if (readable(p, sizeof(T))) semalign_::put(o, *p); else o.lost("dangling pointer");
      } else o.opaque(typeid(T*));
    }
  }
};
// An owner of one object is shown as the object.
template <class P, class T> void put_owned(Out& o, const P& owner) {
  if (!owner) return o.put("null");
  if constexpr (std::is_array_v<T> || std::is_void_v<T> || !Complete<T>::value) o.opaque(typeid(P));
  else semalign_::put(o, *owner);
}
template <class T, class D> struct Enc<std::unique_ptr<T, D>> {
  static void put(Out& o, const std::unique_ptr<T, D>& v) { put_owned<std::unique_ptr<T, D>, T>(o, v); }
};
template <class T> struct Enc<std::shared_ptr<T>> {
  static void put(Out& o, const std::shared_ptr<T>& v) { put_owned<std::shared_ptr<T>, T>(o, v); }
};
template <class T, std::size_t N> struct Enc<T[N]> {
  static void put(Out& o, const T (&v)[N]) {
    if constexpr (std::is_same_v<T, char>) o.characters(v, N); else sequence<T>(o, &v[0], N);
  }
};

// A local array, whatever its extents are known from: its first scalar and the extents, outermost first.
template <class T> struct Grid { const T* p; std::initializer_list<std::size_t> extents; };
template <class T> Grid<T> grid(const T* p, std::initializer_list<std::size_t> extents) { return {p, extents}; }
template <class T> struct Row {
  const T* p;
  const std::size_t *extents, *end;
  std::size_t step() const { return std::accumulate(extents + 1, end, std::size_t{1}, std::multiplies<>()); }
  Row operator*() const { return {p, extents + 1, end}; }
  Row& operator++() { p += step(); return *this; }
};
template <class T> struct Enc<Row<T>> {
  static void put(Out& o, const Row<T>& r) {
    if (r.end - r.extents > 1) sequence<Row<T>>(o, r, *r.extents);
    else if constexpr (std::is_same_v<T, char>) o.characters(r.p, static_cast<long>(*r.extents));
    else sequence<T>(o, r.p, *r.extents);
  }
};
template <class T> struct Enc<Grid<T>> {
  static void put(Out& o, const Grid<T>& g) {
    const std::size_t n = std::accumulate(g.extents.begin(), g.extents.end(), std::size_t{1}, std::multiplies<>());
    if (n > static_cast<std::size_t>(caps.digest_items) && !std::is_same_v<T, char>) { o.over = true; return; }
    Enc<Row<T>>::put(o, Row<T>{g.p, g.extents.begin(), g.extents.end()});
  }
};

// A digest of what a value holds without its text, where that is quicker: false where it is not known how.
struct Mix {
  unsigned long long h = 0;
  void bytes(const void* p, std::size_t n);
};
template <class T> struct Raw {
  static bool mix(Mix& m, const T& v) {
    if constexpr (std::is_arithmetic_v<T> && sizeof(T) <= 8) { m.bytes(&v, sizeof(T)); return true; }
    return false;
  }
};
template <> struct Raw<std::string> {
  static bool mix(Mix& m, const std::string& v) { m.bytes(v.data(), v.size()); return true; }
};
template <class T, class A> struct Raw<std::vector<T, A>> {
  static bool mix(Mix& m, const std::vector<T, A>& v) {
    if constexpr (Number<T>::value || std::is_same_v<T, char>) { m.bytes(v.data(), v.size() * sizeof(T)); return true; }
    return false;
  }
};
template <class T, class A, class B> struct Raw<std::vector<std::vector<T, A>, B>> {
  static bool mix(Mix& m, const std::vector<std::vector<T, A>, B>& v) {
    if constexpr (!Number<T>::value) return false;
    for (const auto& row : v) m.bytes(row.data(), row.size() * sizeof(T));
    return true;
  }
};
template <class T> struct Raw<Grid<T>> {
  static bool mix(Mix& m, const Grid<T>& g) {
    if constexpr (!std::is_arithmetic_v<T>) return false;
    std::size_t n = sizeof(T);
    for (const std::size_t extent : g.extents) n *= extent;
    m.bytes(g.p, n);
    return true;
  }
};
template <class T> struct Raw<T*> {
  static bool mix(Mix& m, T* const& p) {
    if constexpr (std::is_arithmetic_v<T>) {
      const long n = p ? extent(p, sizeof(T), tag<typename Scalar<T>::type>()) : -1;
      if (n < 0) return false;
      m.bytes(const_cast<const std::remove_cv_t<T>*>(p), static_cast<std::size_t>(n) * sizeof(T));
      return true;
    }
    return false;
  }
};

}  // namespace semalign_
