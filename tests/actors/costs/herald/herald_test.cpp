#include "actors/costs/herald/herald.hpp"

#include "actors/costs/herald/signature.hpp"
#include "tests/runtime/net/recording.hpp"
#include "tests/runtime/net/server.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>

#include <atomic>
#include <deque>
#include <optional>

using namespace machine;
using namespace machine::costs;

namespace {

constexpr timestamp beginning{std::chrono::seconds{1'795'514'400}};

/// Things that come from other threads, in their order.
template <class T>
class inbox_of {
public:
  void put(T x) {
    std::lock_guard guard{mutex_};
    items_.push_back(std::move(x));
    changed_.notify_all();
  }

  /// The next one; none if it took too long, which is a failure of the test.
  std::optional<T> take() {
    std::unique_lock guard{mutex_};
    if (!changed_.wait_for(guard, std::chrono::seconds{20},
                           [this] { return !items_.empty(); }))
      return std::nullopt;
    auto x = std::move(items_.front());
    items_.pop_front();
    return x;
  }

  bool empty() const {
    std::lock_guard guard{mutex_};
    return items_.empty();
  }

private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> items_;
};

struct herald_config : caf::actor_system_config {
  herald_config() {
    add_error_category(caf::atom("machine"), render_ec);
    config_file_path = "";
    set("scheduler.max-threads", 2);
  }
};

using word = std::pair<entity::key, end_delivery>;

/// A herald with a ledger that a test plays.
struct herald_under_test {
  inbox_of<word> heard;
  inbox_of<std::string> told;
  /// How often the ledger is not there.
  std::atomic<int> deaf{0};
  std::atomic<int64_t> seconds{0};
  std::shared_ptr<net::client> http =
    std::make_shared<net::client>(net::client_options{.direct = true});
  herald_config config;
  caf::actor_system system{config};
  entity::region_actor<ledger> ledgers = spawn_ledgers();
  herald_actor it;

  explicit herald_under_test(
    net::address_policy addresses = net::address_policy::public_and_loopback) {
    herald_services uses;
    uses.ledgers = ledgers;
    uses.http = http;
    uses.addresses = addresses;
    uses.secrets = [](const std::string& tenant, const std::string& id) {
      return tenant == "acme" && id == "key" ? std::optional<std::string>{"s"}
                                             : std::nullopt;
    };
    uses.now = [this] { return beginning + std::chrono::seconds{seconds}; };
    uses.told = [this](const std::string& why) { told.put(why); };
    it = system.spawn(herald, uses);
  }

  ~herald_under_test() {
    caf::anon_send_exit(it, caf::exit_reason::kill);
    caf::anon_send_exit(ledgers, caf::exit_reason::kill);
  }

  entity::region_actor<ledger> spawn_ledgers() {
    using handle = entity::region_actor<ledger>;
    return system.spawn([this](handle::pointer) {
      return handle::behavior_type{
        [this](atom::command, const entity::key& id, const ledger_command& what)
          -> caf::result<entity::outcome<ledger>> {
          if (deaf > 0) {
            --deaf;
            told.put("deaf");
            return make_error(ec::unavailable, "not now");
          }
          heard.put({id, std::get<end_delivery>(what)});
          return entity::outcome<ledger>{};
        },
        [](atom::command, const entity::key&, const ledger_command&, uint64_t) {
          return caf::result<entity::outcome<ledger>>{
            caf::sec::invalid_argument};
        },
        [](atom::inspect, const entity::key&) {
          return caf::result<ledger_state>{caf::sec::invalid_argument};
        },
        [](atom::erase, const entity::key&) -> caf::result<bool> {
          return false;
        },
        [](atom::activate, const entity::key&) {},
        [](atom::repeat) {},
        [](atom::idle, const entity::key&) {},
        [](atom::stay, const entity::key&) {},
      };
    });
  }

  void send(const std::string& url, std::string secret = "key") {
    deliver x;
    x.number = 7;
    x.at = beginning;
    x.to = {"ops", url, std::move(secret)};
    x.type = "budget.alert";
    x.body = R"({"delivery":"7"})";
    caf::anon_send(it, atom::start_v, entity::key{"acme", ledger_id}, x);
  }

  /// Lets it try again what has failed.
  void pass(int64_t time) {
    seconds += time;
    caf::anon_send(it, atom::wake_v);
  }
};

std::string with_status(const std::string& status,
                        const std::string& headers = "") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n" + headers + "\r\n";
}

const word arrived{{"acme", ledger_id}, {7, delivery_end::delivered}};
const word lost{{"acme", ledger_id}, {7, delivery_end::given_up}};

} // namespace

TEST_CASE("a notice is posted with its signature, and the ledger hears of it") {
  inbox_of<std::string> requests;
  test::server server{[&](test::connection& here) {
    while (auto x = here.read_request()) {
      requests.put(*x);
      here.answer("thanks");
    }
  }};
  herald_under_test herald;
  herald.send(server.url("/hook?a=b"));
  auto got = requests.take();
  REQUIRE(got);
  CHECK(got->starts_with("POST /hook?a=b HTTP/1.1\r\n"));
  CHECK(got->ends_with("\r\n\r\n{\"delivery\":\"7\"}"));
  for (auto* header :
       {"Content-Type: application/json\r\n",
        "X-Machine-Event: budget.alert\r\n", "X-Machine-Delivery: acme/7\r\n"})
    CHECK(got->find(header) != std::string::npos);
  CHECK(got->find("X-Machine-Signature: "
                  + signature_of("s", beginning, R"({"delivery":"7"})")
                  + "\r\n")
        != std::string::npos);
  CHECK(herald.heard.take() == arrived);
}

TEST_CASE("what a webhook cannot take now comes again") {
  test::server server{[](test::connection& here) {
    if (!here.read_request())
      return;
    if (here.number() == 0)
      here.write(with_status("503 Busy", "Connection: close\r\n"));
    else
      here.answer("thanks");
  }};
  herald_under_test herald;
  herald.send(server.url());
  REQUIRE(herald.told.take());
  CHECK(herald.heard.empty());
  herald.pass(6);
  CHECK(herald.heard.take() == arrived);
}

TEST_CASE("a ledger that does not hear is told again") {
  test::server server{[](test::connection& here) {
    while (here.read_request())
      here.answer("thanks");
  }};
  herald_under_test herald;
  herald.deaf = 1;
  herald.send(server.url());
  CHECK(herald.told.take() == "deaf");
  herald.pass(6);
  // The answer may have come after this: then it waits for its own timer.
  CHECK(herald.heard.take() == arrived);
}

TEST_CASE("redirects are not followed") {
  std::atomic<size_t> others{0};
  test::server elsewhere{[&](test::connection&) { ++others; }};
  test::server server{[&](test::connection& here) {
    while (here.read_request())
      here.write(
        with_status("307 Over There", "Location: " + elsewhere.url() + "\r\n"));
  }};
  herald_under_test herald;
  herald.send(server.url());
  CHECK(herald.heard.take() == lost);
  CHECK(others == 0);
}

TEST_CASE("nothing goes to addresses that are not allowed") {
  test::server server{[](test::connection&) {}};
  herald_under_test herald{net::address_policy::public_only};
  herald.send(server.url());
  REQUIRE(herald.told.take());
  CHECK(server.connections() == 0);
  CHECK(herald.heard.empty());
}

TEST_CASE("nothing goes without the signature that was asked for") {
  test::server server{[](test::connection&) {}};
  herald_under_test herald;
  herald.send(server.url(), "another");
  auto why = herald.told.take();
  REQUIRE(why);
  CHECK(why->find("there is no secret another of tenant acme") == 0);
  CHECK(server.connections() == 0);
}

TEST_CASE("an answer without an end has arrived nevertheless") {
  test::server server{[](test::connection& here) {
    if (!here.read_request())
      return;
    here.begin_stream();
    for (int i = 0; i < 100; ++i)
      here.chunk(std::string(1'000, 'x'));
    here.closed_within(-1);
  }};
  herald_under_test herald;
  herald.send(server.url());
  CHECK(herald.heard.take() == arrived);
}

TEST_CASE("a webhook that is gone is not tried again") {
  test::server server{[](test::connection& here) {
    if (here.read_request())
      here.write(with_status("503 Busy", "Connection: close\r\n"));
  }};
  herald_under_test herald;
  herald.send(server.url());
  REQUIRE(herald.told.take());
  caf::anon_send(herald.it, atom::stop_v, entity::key{"acme", ledger_id},
                 std::string{"ops"});
  herald.pass(3'600);
  // What comes after it is done after it.
  test::server other{[](test::connection& here) {
    while (here.read_request())
      here.answer("thanks");
  }};
  herald.send(other.url());
  CHECK(herald.heard.take() == arrived);
  CHECK(server.connections() == 1);
}
