// Packets of the client protocol, as a hostile server sends them: at every stage behind the greeting, to the binlog dump.
//
// The first byte chooses how many replies are good before the others come; the greeting always is (libmariadb 3.3 reads a null pointer where an
// error of number 65535 comes in its place). These are made of operations, so that packets of more than 16 MB are
// within reach of a few bytes:
//   0..5    n, n bytes         these bytes, as they are
//   6..9    u16 length, u8     a whole packet: its sequence number is the next one plus this, its contents are made up, an event's
//   10..12  u24 length, u8     the header of such a one, without contents
//   13, 14  u16 length         so many bytes without a header
//   15      u8                 a packet as long as can be, so that it goes on in the next
// In a dump every event has to come out as it went in, and nothing behind the first thing that is wrong. Sequence numbers are nothing that the
// client library looks at: TCP keeps the order, and an event's own length and checksum tell what is missing in it.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/byte_reader.h"
#include "engine/base/coding.h"
#include "sync/binlog/dump.h"
#include "sync/mysql/connection.h"

namespace {

using binseek::ByteReader;
using binseek::PutU16;
using binseek::PutU32;
using binseek::PutU8;

constexpr size_t kMostBytes = size_t{48} << 20;  // that one input may have sent
constexpr uint32_t kFullPacket = 0xffffff;
constexpr size_t kHeaderBytes = 4;

void Expect(bool condition, const char* what) {
  if (!condition) {
    std::fprintf(stderr, "%s\n", what);
    std::abort();
  }
}

void PutHeader(uint32_t length, uint8_t sequence, std::string* out) {
  PutU16(out, static_cast<uint16_t>(length & 0xffff));
  PutU8(out, static_cast<uint8_t>(length >> 16));
  PutU8(out, sequence);
}

std::string Packet(std::string_view body, uint8_t sequence) {
  std::string packet;
  PutHeader(static_cast<uint32_t>(body.size()), sequence, &packet);
  return packet.append(body);
}

std::string Greeting() {
  std::string body;
  PutU8(&body, 10);
  body.append("9.7.4", 6);
  PutU32(&body, 1);                         // thread
  body.append("12345678").push_back('\0');  // of the challenge
  PutU16(&body, 0xf7ff & ~0x0820);          // no TLS, no compression
  PutU8(&body, 45);
  PutU16(&body, 2);
  PutU16(&body, 0x0008);  // plugins
  PutU8(&body, 21);
  body.append(10, '\0');
  body.append("123456789012", 13);
  body.append("mysql_native_password", 22);
  return Packet(body, 0);
}

std::string Ok(uint8_t sequence) { return Packet(std::string_view("\0\0\0\2\0\0\0", 7), sequence); }

void PutText(std::string_view text, std::string* out) {
  PutU8(out, static_cast<uint8_t>(text.size()));
  out->append(text);
}

std::string OneRow(const std::vector<std::string>& cells) {
  uint8_t sequence = 1;
  std::string reply = Packet(std::string(1, static_cast<char>(cells.size())), sequence++);
  for (size_t i = 0; i < cells.size(); ++i) {
    std::string column;
    for (const char* part : {"def", "", "", "", "c", ""}) {
      PutText(part, &column);
    }
    PutU8(&column, 12);
    PutU16(&column, 45);
    PutU32(&column, 100);
    PutU8(&column, 253);
    PutU16(&column, 0);
    PutU8(&column, 0);
    PutU16(&column, 0);
    reply += Packet(column, sequence++);
  }
  const std::string end("\xfe\0\0\2\0", 5);
  reply += Packet(end, sequence++);
  std::string row;
  for (const std::string& cell : cells) {
    PutText(cell, &row);
  }
  reply += Packet(row, sequence++);
  return reply + Packet(end, sequence);
}

// What a good server answers, one after the other.
std::vector<std::string> GoodReplies() {
  return {Greeting(),       Ok(2), Ok(1), OneRow({"9.7.4", "", "1"}), OneRow({"uuid"}), Ok(1),
          OneRow({"NONE"}), Ok(1), Ok(1)};
}

// The bytes that the input stands for.
std::string Expand(std::string_view input) {
  ByteReader reader(input);
  std::string bytes;
  uint8_t sequence = 1;
  while (reader.ok() && !reader.AtEnd() && bytes.size() < kMostBytes) {
    const int operation = reader.U8() % 16;
    if (operation < 6) {
      const size_t n = std::min<size_t>(reader.U8(), reader.remaining());
      bytes.append(reader.Bytes(n));
      continue;
    }
    const bool header_alone = operation >= 10 && operation < 13;
    const uint32_t length = operation == 15 ? kFullPacket
                            : header_alone  ? static_cast<uint32_t>(reader.UintLe(3))
                                            : reader.U16();
    if (operation != 13 && operation != 14) {
      PutHeader(length, static_cast<uint8_t>(sequence++ + reader.U8()), &bytes);
    }
    if (!header_alone && bytes.size() + length <= kMostBytes) {
      const size_t begin = bytes.size();
      bytes.resize(begin + length);
      for (size_t i = 1; i < length; i += 251) {
        bytes[begin + i] = static_cast<char>(i * 31 + length);
      }
    }
  }
  return bytes;
}

// Reports of progress are passed over, where they are well formed; which ones are, is the library's business.
bool IsProgress(std::string_view packet) { return packet.starts_with("\xff\xff\xff"); }

struct Events {
  std::vector<std::string> all;  // up to the first thing that is none
  size_t certain = 0;            // of them, before a report of progress
};

Events EventsOf(std::string_view bytes) {
  Events events;
  bool any_progress = false;
  for (;;) {
    std::string packet;
    uint32_t length = kFullPacket;
    while (length == kFullPacket) {
      if (bytes.size() < kHeaderBytes) {
        return events;
      }
      length = static_cast<uint8_t>(bytes[0]) | static_cast<uint8_t>(bytes[1]) << 8 |
               static_cast<uint8_t>(bytes[2]) << 16;
      if (bytes.size() - kHeaderBytes < length) {
        return events;
      }
      packet.append(bytes.substr(kHeaderBytes, length));
      bytes.remove_prefix(kHeaderBytes + length);
    }
    if (IsProgress(packet)) {
      any_progress = true;
      continue;
    }
    if (packet.empty() || packet[0] != 0) {
      return events;
    }
    events.all.push_back(packet.substr(1));
    events.certain += any_progress ? 0 : 1;
  }
}

bool SendAll(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

bool ReceiveAll(int socket, char* out, size_t n) {
  while (n > 0) {
    const ssize_t got = recv(socket, out, n, 0);
    if (got <= 0) {
      return false;
    }
    out += got;
    n -= static_cast<size_t>(got);
  }
  return true;
}

bool TakeCommand(int socket) {
  char header[kHeaderBytes];
  if (!ReceiveAll(socket, header, sizeof(header))) {
    return false;
  }
  std::string body(static_cast<uint8_t>(header[0]) | static_cast<uint8_t>(header[1]) << 8 |
                       static_cast<uint8_t>(header[2]) << 16,
                   '\0');
  return ReceiveAll(socket, body.data(), body.size());
}

class Server {
 public:
  Server() : path_("/tmp/binseek-packet-fuzzer-" + std::to_string(getpid())) {
    unlink(path_.c_str());
    listener_ = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof(address.sun_path) - 1);
    Expect(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
               listen(listener_, 1) == 0,
           "no socket");
  }

  const std::string& path() const { return path_; }

  void Serve(size_t good, std::string_view bytes) const {
    const int client = accept(listener_, nullptr, nullptr);
    const std::vector<std::string> replies = GoodReplies();
    bool there = true;
    for (size_t i = 0; there && i < good; ++i) {
      there = (i == 0 || TakeCommand(client)) && SendAll(client, replies[i]);
    }
    if (there && (good == 0 || TakeCommand(client))) {
      SendAll(client, bytes);
    }
    shutdown(client, SHUT_WR);
    char rest[256];
    while (recv(client, rest, sizeof(rest), 0) > 0) {
    }
    close(client);
  }

 private:
  const std::string path_;
  int listener_ = -1;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Server server;
  if (size == 0) {
    return 0;
  }
  const size_t replies = GoodReplies().size();
  const size_t good = 1 + data[0] % replies;
  const std::string bytes =
      Expand(std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1));
  std::thread other([&] { server.Serve(good, bytes); });
  {
    binseek::mysql::ConnectionOptions options;
    options.unix_socket = server.path();
    options.user = "root";
    options.tls.mode = binseek::mysql::TlsMode::kDisabled;
    auto connection = binseek::mysql::Connection::Open(options);
    if (connection.ok()) {
      binseek::binlog::DumpOptions dump_options;
      dump_options.queue_bytes = 1 << 20;
      auto dump = binseek::binlog::DumpConnection::Start(std::move(*connection), dump_options);
      const Events expected = good == replies ? EventsOf(bytes) : Events();
      size_t came = 0;
      while (dump.ok()) {
        auto event = (*dump)->ReadEvent(std::chrono::seconds(5));
        if (!event.ok()) {
          break;
        }
        Expect(event->has_value(), "a stream that hangs");
        Expect(good < replies || (came < expected.all.size() && **event == expected.all[came]),
               "an event that was not sent");
        ++came;
      }
      Expect(good < replies || !dump.ok() || came >= expected.certain,
             "an event that did not come");
    }
  }
  other.join();
  return 0;
}
