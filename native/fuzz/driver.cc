// Runs a fuzzer without libFuzzer: random inputs and mutations of earlier ones, from a fixed seed, for some seconds.
//   plan_fuzz [SECONDS, default 10] [SEED]     plan_fuzz --replay FILE...
// The input that broke something is written to crash-<fuzzer's name>.bin.
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
#if defined(__GNUC__)
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());
#endif

namespace {

std::vector<uint8_t> current;
std::string crash_file;
uint64_t seed = 0x5eed0f5ca1ab1eULL;
uint64_t runs = 0;

uint64_t next() {  // splitmix64
  uint64_t z = (seed += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

void save_input() {
  if (std::FILE* f = std::fopen(crash_file.c_str(), "wb")) {
    std::fwrite(current.data(), 1, current.size(), f);
    std::fclose(f);
  }
  std::fprintf(stderr, "run %llu: the input was written to %s\n", static_cast<unsigned long long>(runs), crash_file.c_str());
}

void on_abort(int) {
  save_input();
  std::_Exit(1);
}

std::vector<uint8_t> random_bytes(size_t size) {
  std::vector<uint8_t> out(size);
  for (uint8_t& b : out) {
    const uint64_t r = next();
    // Small numbers are lengths, kinds and counts more often than others.
    b = static_cast<uint8_t>((r & 3) == 0 ? (r >> 8) & 7 : (r & 15) == 1 ? 0xff : r >> 8);
  }
  return out;
}

void mutate(std::vector<uint8_t>& input) {
  const int times = 1 + static_cast<int>(next() % 4);
  for (int i = 0; i < times && !input.empty(); ++i) {
    const size_t at = next() % input.size();
    switch (next() % 5) {
      case 0: input[at] = static_cast<uint8_t>(next()); break;
      case 1: input[at] = static_cast<uint8_t>(input[at] ^ (1u << (next() & 7))); break;
      case 2: input.resize(at + 1); break;
      case 3: input.insert(input.begin() + static_cast<std::ptrdiff_t>(at), static_cast<uint8_t>(next())); break;
      default: input.erase(input.begin() + static_cast<std::ptrdiff_t>(at)); break;
    }
  }
}

int replay(int count, char** files) {
  for (int i = 0; i < count; ++i) {
    std::ifstream in(files[i], std::ios::binary);
    if (!in) {
      std::fprintf(stderr, "cannot read %s\n", files[i]);
      return 1;
    }
    current.assign(std::istreambuf_iterator<char>(in), {});
    LLVMFuzzerTestOneInput(current.data(), current.size());
  }
  std::printf("%d inputs replayed\n", count);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const char* slash = std::strrchr(argv[0], '/');
  const std::string name = slash ? slash + 1 : argv[0];
  crash_file = "crash-" + name + ".bin";
#if defined(__GNUC__)
  if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(save_input);
#endif
  std::signal(SIGABRT, on_abort);
  if (argc > 1 && std::strcmp(argv[1], "--replay") == 0) return replay(argc - 2, argv + 2);

  const double seconds = argc > 1 ? std::atof(argv[1]) : 10;
  if (argc > 2) seed = std::strtoull(argv[2], nullptr, 0);
  std::printf("%s: %g s, seed %llu\n", name.c_str(), seconds, static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  std::vector<std::vector<uint8_t>> pool;
  for (; Clock::now() < end; ++runs) {
    if (pool.size() < 32 || next() % 3 != 0) {
      current = random_bytes(1 + next() % (next() % 8 == 0 ? 8192 : 768));
    } else {
      current = pool[next() % pool.size()];
      mutate(current);
    }
    LLVMFuzzerTestOneInput(current.data(), current.size());
    if (pool.size() < 256) pool.push_back(current);
    else if (next() % 8 == 0) pool[next() % pool.size()] = current;
  }
  std::printf("%s: %llu inputs, %llu of them ran a plan, nothing broke\n", name.c_str(), static_cast<unsigned long long>(runs),
              static_cast<unsigned long long>(skewless::fuzz::reached));
  return skewless::fuzz::reached > runs / 20 ? 0 : 1;
}
