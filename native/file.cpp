// Tensors straight from a file: mapped, and cast piece by piece, so that a float32 checkpoint loaded as bf16
// needs the memory of the bf16 tensors and of one piece.
#include <ATen/ATen.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine.h"

namespace engine {
namespace {

constexpr int64_t kPiece = 64 << 20;

// An open file, closed when it goes out of sight.
struct File {
  explicit File(const std::string& path) : fd(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd < 0) throw std::invalid_argument(path + ": expected a readable file, got " + std::strerror(errno));
  }
  ~File() { close(fd); }
  int fd;
};

// `length` bytes of a file from `offset`, mapped for reading.
class Mapped {
 public:
  Mapped(int fd, int64_t offset, int64_t length) {
    const int64_t page = sysconf(_SC_PAGESIZE);
    const int64_t before = offset % page;
    size_ = static_cast<size_t>(length + before);
    start_ = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, offset - before);
    if (start_ == MAP_FAILED) throw std::runtime_error(std::string("file: expected to be mapped, got ") + std::strerror(errno));
    data_ = static_cast<char*>(start_) + before;
  }
  ~Mapped() { munmap(start_, size_); }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;
  char* data() const { return data_; }

 private:
  void* start_;
  char* data_;
  size_t size_;
};

// fromFile(path, offset, sizes, dtype, target dtype) -> slot
Napi::Value fromFile(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const std::string path = info[0].As<Napi::String>().Utf8Value();
    const int64_t offset = info[1].As<Napi::Number>().Int64Value();
    const auto stored = static_cast<at::ScalarType>(info[3].As<Napi::Number>().Int32Value());
    const auto target = static_cast<at::ScalarType>(info[4].As<Napi::Number>().Int32Value());
    at::Tensor tensor = at::empty(toSizes(info[2]), at::TensorOptions().dtype(target));
    const int64_t size = static_cast<int64_t>(c10::elementSize(stored));
    const int64_t count = tensor.numel();
    File file(path);
    struct stat about;
    // Beyond the end of the file a mapping has no pages, and reading them ends the process.
    if (fstat(file.fd, &about) != 0 || about.st_size < offset + count * size)
      throw std::invalid_argument(path + ": expected " + std::to_string(offset + count * size) + " bytes, got " +
                                  std::to_string(about.st_size));
    at::Tensor flat = tensor.view({-1});
    std::vector<char> aligned;
    for (int64_t done = 0; done < count;) {
      const int64_t n = std::min(count - done, kPiece / size);
      Mapped piece(file.fd, offset + done * size, n * size);
      char* data = piece.data();
      if (reinterpret_cast<uintptr_t>(data) % size != 0) {
        aligned.assign(data, data + n * size);
        data = aligned.data();
      }
      flat.narrow(0, done, n).copy_(at::from_blob(data, {n}, at::TensorOptions().dtype(stored)));
      done += n;
    }
    return Napi::Number::New(info.Env(), static_cast<double>(slots(info.Env()).put(std::move(tensor))));
  });
}

}  // namespace

void registerFile(Napi::Env env, Napi::Object exports) {
  exports.Set("fromFile", Napi::Function::New(env, fromFile));
}

}  // namespace engine
