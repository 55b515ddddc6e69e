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

// ---- y[r][o] = sum_i x[r][i] w[o][i], for up to four rows and OUTS outputs at a time ----

constexpr int OUTS = LANES == 4 ? 3 : LANES / 4;

// Of two vectors side by side the sums of their halves, of the halves of these, and so on: the steps of `sum`.
#if LANES == 16
INLINE vec halves(vec a, vec b) {
  return __builtin_shuffle(a, b, ints{0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23}) +
         __builtin_shuffle(a, b, ints{8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31});
}
INLINE vec quarters(vec a, vec b) {
  return __builtin_shuffle(a, b, ints{0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27}) +
         __builtin_shuffle(a, b, ints{4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31});
}
INLINE vec pairs(vec a, vec b) {
  return __builtin_shuffle(a, b, ints{0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29}) +
         __builtin_shuffle(a, b, ints{2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31});
}
INLINE vec singles(vec a, vec b) {
  return __builtin_shuffle(a, b, ints{0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12, 14, 28, 30}) +
         __builtin_shuffle(a, b, ints{1, 3, 17, 19, 5, 7, 21, 23, 9, 11, 25, 27, 13, 15, 29, 31});
}
#elif LANES == 8
INLINE vec halves(vec a, vec b) {
  return __builtin_shuffle(a, b, ints{0, 1, 2, 3, 8, 9, 10, 11}) + __builtin_shuffle(a, b, ints{4, 5, 6, 7, 12, 13, 14, 15});
}
INLINE vec pairs(vec a, vec b) {
  return __builtin_shuffle(a, b, ints{0, 1, 8, 9, 4, 5, 12, 13}) + __builtin_shuffle(a, b, ints{2, 3, 10, 11, 6, 7, 14, 15});
}
INLINE vec singles(vec a, vec b) {
  return __builtin_shuffle(a, b, ints{0, 2, 8, 10, 4, 6, 12, 14}) + __builtin_shuffle(a, b, ints{1, 3, 9, 11, 5, 7, 13, 15});
}
#endif

// out[r][o] = sum(total[r][o]), a vector of them together: one by one they take as long as the products of a short row.
INLINE void sums(const vec (&total)[4][OUTS], float (&out)[4][OUTS]) {
#if LANES == 16
  vec four[4];
  for (int o = 0; o < 4; o++)
    four[o] = quarters(halves(total[0][o], total[1][o]), halves(total[2][o], total[3][o]));
  store(out[0], singles(pairs(four[0], four[1]), pairs(four[2], four[3])));
#elif LANES == 8
  const vec upper = pairs(halves(total[0][0], total[2][0]), halves(total[0][1], total[2][1]));
  const vec lower = pairs(halves(total[1][0], total[3][0]), halves(total[1][1], total[3][1]));
  store(out[0], singles(upper, lower));
#else
  for (int r = 0; r < 4; r++)
    for (int o = 0; o < OUTS; o++) out[r][o] = sum(total[r][o]);
#endif
}

INLINE void tile(const int rows, const int outs, const float* x, const float* w, int64_t n, float* y, int64_t width,
                 const float* bias, bool add) {
  vec total[4][OUTS] = {};
  int64_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    vec weight[OUTS];
    for (int o = 0; o < outs; o++) {
      weight[o] = load(w + o * n + i);
      // Those of the next tile, which come from far while this one computes.
      if (rows == 4) __builtin_prefetch(w + (outs + o) * n + i);
    }
    for (int r = 0; r < rows; r++) {
      const vec value = load(x + r * n + i);
      for (int o = 0; o < outs; o++) total[r][o] += value * weight[o];
    }
  }
  float result[4][OUTS];
  sums(total, result);
  for (; i < n; i++)
    for (int r = 0; r < rows; r++)
      for (int o = 0; o < outs; o++) result[r][o] += x[r * n + i] * w[o * n + i];
  if (bias)
    for (int r = 0; r < rows; r++)
      for (int o = 0; o < outs; o++) result[r][o] += bias[o];
  if (add)
    for (int r = 0; r < rows; r++)
      for (int o = 0; o < outs; o++) result[r][o] += y[r * width + o];
  for (int r = 0; r < rows; r++)
    for (int o = 0; o < outs; o++) y[r * width + o] = result[r][o];
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
  for (; o + OUTS <= outs; o += OUTS) column(OUTS, x, rows, w + o * n, n, y + o, width, bias ? bias + o : nullptr, add);
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
// Blocks of keys at a time: enough sums at once that none waits for the one before it.
constexpr int BLOCKS = LANES == 16 ? 2 : 1;

INLINE void scoreTile(const int queries, const int blocks, const float* q, const float* keys, int64_t D, float* out,
                      int64_t stride) {
  vec total[4][BLOCKS * PARTS] = {};
  for (int64_t d = 0; d < D; d++) {
    vec key[BLOCKS * PARTS];
    for (int b = 0; b < blocks; b++)
      for (int p = 0; p < PARTS; p++) key[b * PARTS + p] = load(keys + (b * D + d) * KEY_BLOCK + p * LANES);
    for (int i = 0; i < queries; i++) {
      const float value = q[i * D + d];
      for (int p = 0; p < blocks * PARTS; p++) total[i][p] += key[p] * value;
    }
  }
  for (int i = 0; i < queries; i++)
    for (int p = 0; p < blocks * PARTS; p++) store(out + i * stride + p * LANES, total[i][p]);
}

INLINE void scoreBlocks(const int blocks, const float* q, int64_t queries, const float* keys, int64_t D, float* out,
                        int64_t stride) {
  int64_t i = 0;
  for (; i + 4 <= queries; i += 4) scoreTile(4, blocks, q + i * D, keys, D, out + i * stride, stride);
  if (queries - i == 3) scoreTile(3, blocks, q + i * D, keys, D, out + i * stride, stride);
  if (queries - i == 2) scoreTile(2, blocks, q + i * D, keys, D, out + i * stride, stride);
  if (queries - i == 1) scoreTile(1, blocks, q + i * D, keys, D, out + i * stride, stride);
}

// out[i][t] = q[i] . key[t]; writes whole blocks, so up to KEY_BLOCK - 1 places past n.
static void scores(const float* q, int64_t queries, const float* keys, int64_t n, int64_t D, float* out,
                   int64_t stride) {
  int64_t t = 0;
  for (; t + (BLOCKS - 1) * KEY_BLOCK < n; t += BLOCKS * KEY_BLOCK)
    scoreBlocks(BLOCKS, q, queries, keys + t * D, D, out + t, stride);
  if (t < n) scoreBlocks(1, q, queries, keys + t * D, D, out + t, stride);
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
  vec total[4][2] = {};
  if (add)
    for (int i = 0; i < queries; i++)
      for (int p = 0; p < parts; p++) total[i][p] = load(out + i * D + p * LANES);
  for (int64_t t = 0; t < n; t++) {
    vec value[2];
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
  for (; i + 4 <= queries; i += 4) mixTile(4, parts, share + i * stride, stride, values, n, D, out + i * D, add);
  const int64_t left = queries - i;
  if (left == 3) mixTile(3, parts, share + i * stride, stride, values, n, D, out + i * D, add);
  if (left == 2) mixTile(2, parts, share + i * stride, stride, values, n, D, out + i * D, add);
  if (left == 1) mixTile(1, parts, share + i * stride, stride, values, n, D, out + i * D, add);
}

// out[i] = (add ? out[i] : 0) + sum_t share[i][t] value[t]
static void mix(const float* share, int64_t queries, int64_t stride, const float* values, int64_t n, int64_t D,
                float* out, bool add) {
  int64_t c = 0;
  for (; c + 2 * LANES <= D; c += 2 * LANES) mixColumns(2, share, queries, stride, values + c, n, D, out + c, add);
  if (c + LANES <= D) {
    mixColumns(1, share, queries, stride, values + c, n, D, out + c, add);
    c += LANES;
  }
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
