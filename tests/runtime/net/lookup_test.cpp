#include "tests/runtime/net/recording.hpp"
#include "tests/runtime/net/server.hpp"

#include <map>

#include <dlfcn.h>
#include <netdb.h>

using namespace machine;
using namespace machine::test;

namespace {

/// Addresses of names that no name server knows. Never destroyed: a lookup may
/// outlive the test that gave up on it.
const auto& names = *new std::map<std::string, std::vector<const char*>>{
  {"here.test", {"127.0.0.1"}},
  {"inner.test", {"10.9.9.9"}},
  {"both.test", {"10.9.9.9", "127.0.0.1"}},
};

/// The lookup of slow.test ends when somebody opens this.
gate slow_name;
gate slow_name_begins;
gate slow_name_ended;

} // namespace

/// Stands before libc's for the whole program.
extern "C" int getaddrinfo(const char* node, const char* service,
                           const addrinfo* hints, addrinfo** result) {
  static auto original =
    reinterpret_cast<decltype(&getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  std::string name = node == nullptr ? "" : node;
  if (!name.ends_with(".test"))
    return original(node, service, hints, result);
  if (name == "slow.test") {
    slow_name_begins.open();
    slow_name.wait();
    slow_name_ended.open();
  }
  auto found = names.find(name);
  if (found == names.end())
    return EAI_NONAME;
  *result = nullptr;
  auto** end = result;
  for (auto* address : found->second) {
    if (original(address, service, hints, end) != 0)
      return EAI_NONAME;
    while (*end != nullptr)
      end = &(*end)->ai_next;
  }
  return 0;
}

TEST_CASE("a lookup that takes long holds up nobody, not even its own end") {
  server upstream{[](connection& peer) {
    while (peer.read_request())
      peer.answer("ok");
  }};
  net::client http;
  recording late;
  recording cancelled;
  auto what = get("http://slow.test/");
  what.total_timeout = duration{200};
  auto id = http.start(get("http://slow.test/"), cancelled.handlers());
  REQUIRE(slow_name_begins.wait());
  http.start(what, late.handlers());
  CHECK(failure(http, get(upstream.url())).second == "ok");
  http.cancel(id);
  auto in_time = cancelled.done.wait() && late.done.wait();
  if (in_time)
    CHECK(failure(http, get(upstream.url())).second == "ok");
  slow_name.open();
  CHECK(slow_name_ended.wait());
  REQUIRE(in_time);
  CHECK(code_of(cancelled.why) == ec::cancelled);
  CHECK(code_of(late.why) == ec::unavailable);
  CHECK(message_of(late.why).find("within 200 ms") != std::string::npos);
}

TEST_CASE("a policy is about the address, however it is written") {
  server upstream{[](connection& peer) {
    while (peer.read_request())
      peer.answer("ok");
  }};
  net::client http;
  auto port = ":" + std::to_string(upstream.port());
  for (auto* host : {"127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433",
                     "0x7f.1", "localhost", "here.test"}) {
    CAPTURE(host);
    auto what = get("http://" + std::string{host} + port);
    what.addresses = net::address_policy::public_only;
    CHECK(failure(http, what).first == ec::denied);
  }
  CHECK(upstream.connections() == 0);
  auto what = get("http://127.0.0.1" + port);
  REQUIRE(http.fetch(what));
  // The connection that is open now is not for everybody.
  what.addresses = net::address_policy::public_only;
  CHECK(failure(http, what).first == ec::denied);
  CHECK(upstream.connections() == 1);
}

TEST_CASE("an address that is denied does not spoil one that is allowed") {
  server upstream{[](connection& peer) {
    peer.read_request();
    peer.answer("ok");
  }};
  net::client http;
  auto port = ":" + std::to_string(upstream.port());
  CHECK(failure(http, get("http://both.test" + port))
        == std::pair{ec::none, std::string{"ok"}});
  CHECK(failure(http, get("http://inner.test" + port)).first == ec::denied);
}

TEST_CASE("behind a proxy, a policy is about the target") {
  std::mutex mutex;
  std::vector<std::string> asked;
  server proxy{[&](connection& peer) {
    while (auto request = peer.read_request()) {
      std::lock_guard guard{mutex};
      asked.push_back(request->substr(0, request->find('\r')));
      peer.answer("ok");
    }
  }};
  net::client http{{.proxy = proxy.url("")}};
  for (auto* url : {"http://inner.test/", "http://both.test/",
                    "http://10.0.0.1/", "http://[::ffff:169.254.169.254]/",
                    "http://2852039166/", "https://inner.test/"})
    CHECK(failure(http, get(url)).first == ec::denied);
  auto [code, message] = failure(http, get("http://unknown.test/"));
  CHECK(code == ec::denied);
  CHECK(message.find("net.allow_private") != std::string::npos);
  CHECK(proxy.connections() == 0);
  CHECK(failure(http, get("http://here.test/a")).second == "ok");
  // The operator's proxy itself may live where requests may not go to.
  auto outside = get("http://8.8.8.8/b");
  outside.addresses = net::address_policy::public_only;
  CHECK(failure(http, outside).second == "ok");
  auto anywhere = get("http://unknown.test/c");
  anywhere.addresses = net::address_policy::any;
  CHECK(failure(http, anywhere).second == "ok");
  auto paid = post("http://here.test/d", "x");
  CHECK(failure(http, paid).second == "ok");
  std::lock_guard guard{mutex};
  CHECK(asked
        == std::vector<std::string>{"GET http://here.test/a HTTP/1.1",
                                    "GET http://8.8.8.8/b HTTP/1.1",
                                    "GET http://unknown.test/c HTTP/1.1",
                                    "POST http://here.test/d HTTP/1.1"});
}

TEST_CASE("a proxy that builds no tunnel leaves the target unasked") {
  server proxy{[](connection& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  }};
  net::client http{{.proxy = proxy.url("")}};
  CHECK(failure(http, post("https://here.test/", "x")).first
        == ec::unavailable);
}
