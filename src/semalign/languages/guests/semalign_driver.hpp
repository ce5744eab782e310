// Calls a function with values: JSON to the declared parameter types, and the result back.
#pragma once

namespace semalign_ {

struct Json {
  char kind = 'n';  // n null, b bool, i integer, f float, s text, c char, y bytes, l list, t tuple, S set, m map, R record
  bool truth = false;
  double real = 0;
  std::string text;  // digits of an integer; UTF-8 or bytes of a text
  std::vector<Json> items;
  const Json& at(std::size_t i) const { return items.at(i); }
};
struct Misfit { std::string reason; };
Json parse_json(const char*& p);
[[noreturn]] void misfit(const char* wanted, const Json& got);
long long to_integer(const Json& j, long long low, long long high, const char* type);
unsigned long long to_natural(const Json& j, unsigned long long high, const char* type);
char to_char(const Json& j);
double to_real(const Json& j);
float to_single(const Json& j);
std::string to_text(const Json& j);
const std::vector<Json>& to_items(const Json& j, const char* what);
// Zeroed memory for `n` bytes; where the build is sanitized it ends at a page that may not be touched.
void* buffer(std::size_t n);
bool intact();
void begin_call();
void end_call();
void result_line(Out& result, Out& arguments);
void raised_line(Out& arguments);  // inside a handler
void refuse(const std::string& reason);

template <class T, class = void> struct Loads : std::false_type {};
struct Loader;
template <class T>
struct Loads<T, std::void_t<decltype(std::declval<T&>().semalign_load_(std::declval<Loader&>()))>> : std::true_type {};

template <class T, class = void> struct Load {
  static void get(const Json& j, T& v) {
    if constexpr (Loads<T>::value) {
      if (j.kind != 'R' && j.kind != 't' && j.kind != 'l') misfit("a record", j);
      Loader l(j);
      v.semalign_load_(l);
    } else if constexpr (std::is_enum_v<T>) {
      v = static_cast<T>(to_integer(j, LLONG_MIN, LLONG_MAX, "enum"));
    } else throw Misfit{"a parameter type that values can't be made of"};
  }
};
template <class T> void load(const Json& j, T& v) { Load<std::remove_cv_t<T>>::get(j, const_cast<std::remove_cv_t<T>&>(v)); }

struct Loader {
  const Json& j;
  std::size_t i = 0;
  explicit Loader(const Json& json) : j(json) {}
  template <class T> Loader& operator()(const char*, T& v) {
    if (i >= j.items.size()) throw Misfit{"a record with too few fields"};
    load(j.items[i++], v);
    return *this;
  }
};

template <class T> struct Load<T, std::enable_if_t<std::is_integral_v<T>>> {
  static void get(const Json& j, T& v) {
    using L = std::numeric_limits<T>;
    if constexpr (std::is_same_v<T, bool>) {
      if (j.kind == 'b') v = j.truth; else v = to_integer(j, 0, 1, "bool") != 0;
    } else if constexpr (std::is_same_v<T, char>) v = to_char(j);
    else if constexpr (std::is_signed_v<T>)
      v = static_cast<T>(to_integer(j, static_cast<long long>(sizeof(T) > 8 ? LLONG_MIN : L::min()),
                                    static_cast<long long>(sizeof(T) > 8 ? LLONG_MAX : L::max()), "signed"));
    else v = static_cast<T>(to_natural(j, static_cast<unsigned long long>(L::max()), "unsigned"));
  }
};
template <class T> struct Load<T, std::enable_if_t<std::is_floating_point_v<T>>> {
  static void get(const Json& j, T& v) {
    if constexpr (std::is_same_v<T, float>) v = to_single(j); else v = static_cast<T>(to_real(j));
  }
};
template <> struct Load<std::string> { static void get(const Json& j, std::string& v) { v = to_text(j); } };

template <class C, class T = typename C::value_type> void load_sequence(const Json& j, C& v) {
  for (const Json& one : to_items(j, "a list")) {
    T x{};
    load(one, x);
    v.push_back(std::move(x));
  }
}
template <class T, class A> struct Load<std::vector<T, A>> {
  static void get(const Json& j, std::vector<T, A>& v) { load_sequence(j, v); }
};
template <class T, class A> struct Load<std::deque<T, A>> {
  static void get(const Json& j, std::deque<T, A>& v) { load_sequence(j, v); }
};
template <class T, class A> struct Load<std::list<T, A>> {
  static void get(const Json& j, std::list<T, A>& v) { load_sequence(j, v); }
};
template <class T, std::size_t N> struct Load<std::array<T, N>> {
  static void get(const Json& j, std::array<T, N>& v) {
    const auto& items = to_items(j, "a list");
    if (items.size() != N) throw Misfit{"a list of another length than the array's " + std::to_string(N)};
    for (std::size_t i = 0; i < N; ++i) load(items[i], v[i]);
  }
};
template <class C> struct LoadAdaptor {
  static void get(const Json& j, C& v) {
    for (const Json& one : to_items(j, "a list")) {
      typename C::value_type x{};
      load(one, x);
      v.push(std::move(x));
    }
  }
};
template <class T, class C> struct Load<std::stack<T, C>> : LoadAdaptor<std::stack<T, C>> {};
template <class T, class C> struct Load<std::queue<T, C>> : LoadAdaptor<std::queue<T, C>> {};
template <class T, class C, class L> struct Load<std::priority_queue<T, C, L>> : LoadAdaptor<std::priority_queue<T, C, L>> {};
template <class C> struct LoadBag {
  static void get(const Json& j, C& v) {
    for (const Json& one : to_items(j, "a set")) {
      typename C::value_type x{};
      load(one, x);
      v.insert(std::move(x));
    }
  }
};
template <class T, class L, class A> struct Load<std::set<T, L, A>> : LoadBag<std::set<T, L, A>> {};
template <class T, class L, class A> struct Load<std::multiset<T, L, A>> : LoadBag<std::multiset<T, L, A>> {};
template <class T, class H, class E, class A>
struct Load<std::unordered_set<T, H, E, A>> : LoadBag<std::unordered_set<T, H, E, A>> {};
template <class T, class H, class E, class A>
struct Load<std::unordered_multiset<T, H, E, A>> : LoadBag<std::unordered_multiset<T, H, E, A>> {};
template <class C> struct LoadMap {
  static void get(const Json& j, C& v) {
    if (j.kind != 'm') misfit("a map", j);
    for (const Json& one : j.items) {
      typename C::key_type key{};
      typename C::mapped_type item{};
      load(one.at(0), key);
      load(one.at(1), item);
      v.emplace(std::move(key), std::move(item));
    }
  }
};
template <class K, class V, class L, class A> struct Load<std::map<K, V, L, A>> : LoadMap<std::map<K, V, L, A>> {};
template <class K, class V, class L, class A> struct Load<std::multimap<K, V, L, A>> : LoadMap<std::multimap<K, V, L, A>> {};
template <class K, class V, class H, class E, class A>
struct Load<std::unordered_map<K, V, H, E, A>> : LoadMap<std::unordered_map<K, V, H, E, A>> {};
template <class A, class B> struct Load<std::pair<A, B>> {
  static void get(const Json& j, std::pair<A, B>& v) {
    const auto& items = to_items(j, "a pair");
    if (items.size() != 2) misfit("a pair", j);
    load(items[0], v.first);
    load(items[1], v.second);
  }
};
template <class... T> struct Load<std::tuple<T...>> {
  static void get(const Json& j, std::tuple<T...>& v) {
    const auto& items = to_items(j, "a tuple");
    if (items.size() != sizeof...(T)) misfit("a tuple", j);
    std::size_t i = 0;
    std::apply([&](auto&... x) { (load(items[i++], x), ...); }, v);
  }
};
template <class T> struct Load<std::optional<T>> {
  static void get(const Json& j, std::optional<T>& v) {
    if (j.kind == 'n') { v.reset(); return; }
    v.emplace();
    load(j, *v);
  }
};
// A pointer: null, text for char, an array for a list, one object for a record. Memory lives as long as the process.
template <class T> struct Load<T*> {
  static void get(const Json& j, T*& v) {
    using S = typename Scalar<T>::type;
    using M = std::remove_cv_t<T>;
    v = nullptr;
    if (j.kind == 'n') return;
    if constexpr (std::is_function_v<T> || std::is_void_v<T> || !Complete<T>::value) {
      throw Misfit{"a pointer that values can't be made of"};
    } else if constexpr (std::is_same_v<M, char>) {
      const std::string s = to_text(j);
      if (j.kind == 's' && s.find('\0') != std::string::npos) throw Misfit{"a text with a zero character"};
      v = static_cast<M*>(buffer(s.size() + 1));
      std::copy(s.begin(), s.end(), const_cast<M*>(v));
      know(v, j.kind == 'l' ? s.size() : s.size() + 1, tag<S>());
    } else {
      const bool many = j.kind == 'l' || (j.kind == 't' && !Loads<M>::value);
      const std::size_t n = many ? j.items.size() : 1;
      if (!many && j.kind != 'R' && !std::is_class_v<M>) misfit("a list", j);
      M* fresh = static_cast<M*>(buffer(n * sizeof(T)));
      for (std::size_t i = 0; i < n; ++i) {
        if constexpr (std::is_class_v<M>) {
          if constexpr (std::is_default_constructible_v<M>) new (fresh + i) M();
          else throw Misfit{"a class without a default constructor"};
        }
        load(many ? j.items[i] : j, fresh[i]);
      }
      v = fresh;
      if (many) know(fresh, n * sizeof(T), tag<S>());
    }
  }
};
template <class T, std::size_t N> struct Load<T[N]> {
  static void get(const Json& j, T (&v)[N]) {
    if constexpr (std::is_same_v<T, char>) {
      const std::string s = to_text(j);
      if (s.size() > N) throw Misfit{"a text longer than the array's " + std::to_string(N)};
      std::copy(s.begin(), s.end(), v);
    } else {
      const auto& items = to_items(j, "a list");
      if (items.size() > N) throw Misfit{"a list longer than the array's " + std::to_string(N)};
      for (std::size_t i = 0; i < items.size(); ++i) load(items[i], v[i]);
    }
  }
};

// One argument: owns what the parameter needs, and is shown after the call.
template <class P> struct Arg {
  using T = std::remove_cv_t<std::remove_reference_t<P>>;
  static T* make() { return static_cast<T*>(buffer(sizeof(T))); }
  T* v = nullptr;
  const Json* from = nullptr;
  void get(const Json& j) {
    from = &j;
    if constexpr (std::is_class_v<T>) v = new T();  // left to the process: a destructor of the program may not run twice
    else v = make();
    load(j, *v);
    if constexpr (std::is_array_v<T>) know(v, sizeof(T), tag<typename Scalar<T>::type>());
  }
  P pass() {
    if constexpr (std::is_rvalue_reference_v<P>) return std::move(*v); else return *v;
  }
};
template <class P> void show(Out& o, Arg<P>& a, bool& first) {
  Out one = Out::whole();
  using T = typename Arg<P>::T;
  if constexpr (std::is_pointer_v<T> && std::is_arithmetic_v<std::remove_extent_t<std::remove_pointer_t<T>>> &&
                std::is_array_v<std::remove_pointer_t<T>>) {  // rows may be shorter than the declared extent
    one.put("[");
    for (std::size_t i = 0; i < a.from->items.size(); ++i) {
      if (i) one.put(",");
      using S = std::remove_cv_t<std::remove_extent_t<std::remove_pointer_t<T>>>;
      const Json& row = a.from->items[i];
      const S* first_cell = &(*a.v)[i][0];
      if (row.kind == 's') one.string(reinterpret_cast<const char*>(first_cell), row.text.size());
      else sequence<S>(one, first_cell, row.items.size());
    }
    one.put("]");
  } else {
    semalign_::put(one, *a.v);
  }
  if (!first) o.put(",");
  first = false;
  if (one.over) o.lost("too many elements"); else o.b += one.b;
}

template <class R, class... A, class F, std::size_t... I> void call(F f, const Json& j, std::index_sequence<I...>) {
  std::tuple<Arg<A>...> args;
  if (j.items.size() != sizeof...(A)) return refuse("takes " + std::to_string(sizeof...(A)) + " arguments");
  try {
    (std::get<I>(args).get(j.items[I]), ...);
  } catch (const Misfit& m) { return refuse(m.reason); }
  Out result = Out::whole(), after;
  const auto arguments = [&] {
    bool first = true;
    after.put("[");
    (show(after, std::get<I>(args), first), ...);
    after.put("]");
  };
  try {
    begin_call();
    if constexpr (std::is_void_v<R>) {
      f(std::get<I>(args).pass()...);
      end_call();
      result.put("null");
    } else {
      R r = f(std::get<I>(args).pass()...);
      end_call();
      semalign_::put(result, r);
    }
  } catch (...) {
    arguments();
    return raised_line(after);
  }
  arguments();
  result_line(result, after);
}
template <class R, class... A> void drive(R (*f)(A...), const Json& j) {
  call<R, A...>(f, j, std::index_sequence_for<A...>{});
}
template <class C, class R, class... A> void drive(R (C::*f)(A...), const Json& j) {
  C* self = new C();
  call<R, A...>([=](A... a) -> R { return (self->*f)(std::forward<A>(a)...); }, j, std::index_sequence_for<A...>{});
}
template <class C, class R, class... A> void drive(R (C::*f)(A...) const, const Json& j) {
  C* self = new C();
  call<R, A...>([=](A... a) -> R { return (self->*f)(std::forward<A>(a)...); }, j, std::index_sequence_for<A...>{});
}

// What the generated part of the program supplies.
extern const bool sanitized;
void drive_one(const Json& j);  // one call of the function
int serve(int argc, char** argv, void (*one)(const Json&));
int program(int argc, char** argv, int (*start)(int, char**));

}  // namespace semalign_
