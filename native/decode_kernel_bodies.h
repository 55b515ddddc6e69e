// Kernels of one decoding step, once per instruction set: decode_kernels.cpp includes this with LANES (floats in a
// vector) and KERNELS (a name) defined. Every sum runs in the same order whatever stands beside it, so a row's
// numbers do not depend on the other rows, and not on the number of threads.

namespace KERNELS {

typedef float vec __attribute__((vector_size(LANES * 4)));
typedef float loose __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef int32_t ints __attribute__((vector_size(LANES * 4)));
#define INLINE static inline __attribute__((always_inline))

INLINE vec load(const float* p) { return *reinterpret_cast<const loose*>(p); }
INLINE void store(float* p, vec v) { *reinterpret_cast<loose*>(p) = v; }
INLINE vec all(float x) { return x - vec{}; }

INLINE float sum(vec v) {
#if LANES == 16
  v += __builtin_shuffle(v, ints{8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7});
  v += __builtin_shuffle(v, ints{4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3});
  v += __builtin_shuffle(v, ints{2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1});
#elif LANES == 8
  v += __builtin_shuffle(v, ints{4, 5, 6, 7, 0, 1, 2, 3});
  v += __builtin_shuffle(v, ints{2, 3, 0, 1, 2, 3, 0, 1});
#else
  v += __builtin_shuffle(v, ints{2, 3, 0, 1});
#endif
  return v[0] + v[1];
}

// ---- y[r][o] = sum_i x[r][i] w[o][i], for up to four rows and three outputs at a time ----

INLINE void tile(const int rows, const int outs, const float* x, const float* w, int64_t n, float* y, int64_t width,
                 const float* bias, bool add) {
  vec total[4][3] = {};
  int64_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    vec weight[3];
    for (int o = 0; o < outs; o++) weight[o] = load(w + o * n + i);
    for (int r = 0; r < rows; r++) {
      const vec value = load(x + r * n + i);
      for (int o = 0; o < outs; o++) total[r][o] += value * weight[o];
    }
  }
  for (int r = 0; r < rows; r++) {
    for (int o = 0; o < outs; o++) {
      float result = sum(total[r][o]);
      for (int64_t k = i; k < n; k++) result += x[r * n + k] * w[o * n + k];
      float& out = y[r * width + o];
      out = result + (bias ? bias[o] : 0.0f) + (add ? out : 0.0f);
    }
  }
}

INLINE void column(const int outs, const float* x, int64_t rows, const float* w, int64_t n, float* y, int64_t width,
                   const float* bias, bool add) {
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4) tile(4, outs, x + r * n, w, n, y + r * width, width, bias, add);
  if (r + 2 <= rows) {
    tile(2, outs, x + r * n, w, n, y + r * width, width, bias, add);
    r += 2;
  }
  if (r < rows) tile(1, outs, x + r * n, w, n, y + r * width, width, bias, add);
}

static void product(const float* x, int64_t rows, const float* w, int64_t outs, int64_t n, float* y, int64_t width,
                    const float* bias, bool add) {
  int64_t o = 0;
  for (; o + 3 <= outs; o += 3) column(3, x, rows, w + o * n, n, y + o, width, bias ? bias + o : nullptr, add);
  for (; o < outs; o++) column(1, x, rows, w + o * n, n, y + o, width, bias ? bias + o : nullptr, add);
}

// ---- e^x, as in rows.h ----

INLINE vec exponential(vec x) {
  const vec low = all(-87.0f), high = all(88.0f);
  const vec clamped = x < low ? low : (x > high ? high : x);
  // Adding and taking away 1.5 * 2^23 rounds to a whole number.
  const vec n = (clamped * 1.44269504f + 12582912.0f) - 12582912.0f;
  const vec r = (clamped - n * 0.693359375f) + n * 2.12194440e-4f;
  vec p = all(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const ints bits = (__builtin_convertvector(n, ints) + 127) << 23;
  const vec result = p * (vec)bits;
  return x < low ? vec{} : result;
}

static void normRow(const float* x, const float* w, float* y, double eps, int64_t d) {
  vec squares = {};
  int64_t i = 0;
  for (; i + LANES <= d; i += LANES) squares += load(x + i) * load(x + i);
  float total = sum(squares);
  for (int64_t k = i; k < d; k++) total += x[k] * x[k];
  const float scale = static_cast<float>(1.0 / __builtin_sqrt(static_cast<double>(total) / static_cast<double>(d) + eps));
  for (i = 0; i + LANES <= d; i += LANES) store(y + i, load(x + i) * scale * load(w + i));
  for (; i < d; i++) y[i] = x[i] * scale * w[i];
}

// gate becomes silu(gate) * up.
static void gatedRow(float* gate, const float* up, int64_t n) {
  for (int64_t i = 0; i < n; i += LANES) {
    float buffer[LANES] = {}, other[LANES] = {};
    const int64_t m = n - i < LANES ? n - i : LANES;
    if (m == LANES) {
      const vec g = load(gate + i);
      store(gate + i, g / (1.0f + exponential(-g)) * load(up + i));
    } else {
      for (int64_t k = 0; k < m; k++) buffer[k] = gate[i + k], other[k] = up[i + k];
      const vec g = load(buffer);
      store(buffer, g / (1.0f + exponential(-g)) * load(other));
      for (int64_t k = 0; k < m; k++) gate[i + k] = buffer[k];
    }
  }
}

// ---- attention: keys lie in blocks of KEY_BLOCK tokens, [block][D][KEY_BLOCK]; values as [token][D] ----

constexpr int PARTS = KEY_BLOCK / LANES;

INLINE void scoreTile(const int queries, const float* q, const float* block, int64_t D, float* out, int64_t stride) {
  vec total[4][PARTS] = {};
  for (int64_t d = 0; d < D; d++) {
    vec key[PARTS];
    for (int p = 0; p < PARTS; p++) key[p] = load(block + d * KEY_BLOCK + p * LANES);
    for (int i = 0; i < queries; i++) {
      const float value = q[i * D + d];
      for (int p = 0; p < PARTS; p++) total[i][p] += key[p] * value;
    }
  }
  for (int i = 0; i < queries; i++)
    for (int p = 0; p < PARTS; p++) store(out + i * stride + p * LANES, total[i][p]);
}

// out[i][t] = q[i] . key[t]; writes whole blocks, so up to KEY_BLOCK - 1 places past n.
static void scores(const float* q, int64_t queries, const float* keys, int64_t n, int64_t D, float* out,
                   int64_t stride) {
  for (int64_t t = 0; t < n; t += KEY_BLOCK) {
    const float* block = keys + t * D;
    int64_t i = 0;
    for (; i + 4 <= queries; i += 4) scoreTile(4, q + i * D, block, D, out + i * stride + t, stride);
    for (; i < queries; i++) scoreTile(1, q + i * D, block, D, out + i * stride + t, stride);
  }
}

// scores become e^(scale * (score - highest)); returns one over their sum.
static float shares(float* x, int64_t n, float scale) {
  // A pad of the lowest number changes neither the highest nor the sum.
  while (n % LANES != 0) x[n++] = -__builtin_inff();
  vec top = load(x);
  for (int64_t i = LANES; i < n; i += LANES) {
    const vec v = load(x + i);
    top = v > top ? v : top;
  }
  float highest = top[0];
  for (int k = 1; k < LANES; k++) highest = top[k] > highest ? top[k] : highest;
  vec total = {};
  for (int64_t i = 0; i < n; i += LANES) {
    const vec e = exponential((load(x + i) - highest) * scale);
    store(x + i, e);
    total += e;
  }
  return 1.0f / sum(total);
}

INLINE void mixTile(const int queries, const int parts, const float* share, int64_t stride, const float* values,
                    int64_t n, int64_t D, float* out, bool add) {
  vec total[2][4] = {};
  if (add)
    for (int i = 0; i < queries; i++)
      for (int p = 0; p < parts; p++) total[i][p] = load(out + i * D + p * LANES);
  for (int64_t t = 0; t < n; t++) {
    vec value[4];
    for (int p = 0; p < parts; p++) value[p] = load(values + t * D + p * LANES);
    for (int i = 0; i < queries; i++) {
      const float weight = share[i * stride + t];
      for (int p = 0; p < parts; p++) total[i][p] += value[p] * weight;
    }
  }
  for (int i = 0; i < queries; i++)
    for (int p = 0; p < parts; p++) store(out + i * D + p * LANES, total[i][p]);
}

INLINE void mixColumns(const int parts, const float* share, int64_t queries, int64_t stride, const float* values,
                       int64_t n, int64_t D, float* out, bool add) {
  int64_t i = 0;
  for (; i + 2 <= queries; i += 2) mixTile(2, parts, share + i * stride, stride, values, n, D, out + i * D, add);
  if (i < queries) mixTile(1, parts, share + i * stride, stride, values, n, D, out + i * D, add);
}

// out[i] = (add ? out[i] : 0) + sum_t share[i][t] value[t]
static void mix(const float* share, int64_t queries, int64_t stride, const float* values, int64_t n, int64_t D,
                float* out, bool add) {
  int64_t c = 0;
  for (; c + 4 * LANES <= D; c += 4 * LANES) mixColumns(4, share, queries, stride, values + c, n, D, out + c, add);
  for (; c + LANES <= D; c += LANES) mixColumns(1, share, queries, stride, values + c, n, D, out + c, add);
  for (; c < D; c++)
    for (int64_t i = 0; i < queries; i++) {
      float total = add ? out[i * D + c] : 0.0f;
      for (int64_t t = 0; t < n; t++) total += share[i * stride + t] * values[t * D + c];
      out[i * D + c] = total;
    }
}

constexpr DecodeKernels table = {product, normRow, gatedRow, scores, shares, mix};
#undef INLINE

}  // namespace KERNELS
