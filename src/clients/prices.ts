/**
 * What known models cost, and how many tokens they count for a picture. List prices in US dollars per million
 * tokens for direct (not batched, not cached) use, as their makers published them in July 2025; prices change,
 * so a run may name its own.
 */
export interface Price {
  /** Dollars per million input tokens, pictures included. */
  input: number
  /** Dollars per million output tokens. */
  output: number
}

export interface PictureSize {
  width: number
  height: number
}

type PictureTokens = (size: PictureSize) => number

/**
 * OpenAI's tiles at high detail: shrunk into 2048 × 2048, then to a shorter side of 768; a base and so much for
 * every 512-pixel tile.
 */
const openAiTiles =
  (base: number, tile: number): PictureTokens =>
  ({ width, height }) => {
    const fit = Math.min(1, 2048 / Math.max(width, height))
    const shrink = fit * Math.min(1, 768 / (fit * Math.min(width, height)))
    // Sides are whole pixels: 768.0000001 must not open another tile.
    const tiles = (side: number): number => Math.ceil(Math.round(side * shrink) / 512)
    return base + tile * tiles(width) * tiles(height)
  }

/** OpenAI's patches of 32 pixels, 1,536 at most, times a factor of the model. */
const openAiPatches =
  (factor: number): PictureTokens =>
  ({ width, height }) =>
    Math.ceil(Math.min(1536, Math.ceil(width / 32) * Math.ceil(height / 32)) * factor)

/** Google's: 258 for a picture of up to 384 × 384, else for every 768-pixel tile. */
const geminiTiles: PictureTokens = ({ width, height }) =>
  width <= 384 && height <= 384 ? 258 : 258 * Math.ceil(width / 768) * Math.ceil(height / 768)

/** Qwen-VL's 28-pixel patches, for all others: most open models behind vLLM and SGLang count about as much. */
const otherPatches: PictureTokens = ({ width, height }) => Math.ceil(width / 28) * Math.ceil(height / 28)

const KNOWN: Record<string, { price: Price; pictureTokens: PictureTokens }> = {
  'gpt-4o': { price: { input: 2.5, output: 10 }, pictureTokens: openAiTiles(85, 170) },
  // The first version kept its price.
  'gpt-4o-2024-05-13': { price: { input: 5, output: 15 }, pictureTokens: openAiTiles(85, 170) },
  'gpt-4o-mini': { price: { input: 0.15, output: 0.6 }, pictureTokens: openAiTiles(2833, 5667) },
  'gpt-4.1': { price: { input: 2, output: 8 }, pictureTokens: openAiTiles(85, 170) },
  'gpt-4.1-mini': { price: { input: 0.4, output: 1.6 }, pictureTokens: openAiPatches(1.62) },
  'gpt-4.1-nano': { price: { input: 0.1, output: 0.4 }, pictureTokens: openAiPatches(2.46) },
  'gemini-2.0-flash': { price: { input: 0.1, output: 0.4 }, pictureTokens: geminiTiles },
  'gemini-2.0-flash-lite': { price: { input: 0.075, output: 0.3 }, pictureTokens: geminiTiles },
  'gemini-2.5-flash': { price: { input: 0.3, output: 2.5 }, pictureTokens: geminiTiles },
}

/** `models/gemini-2.0-flash-001` -> `gemini-2.0-flash`: without provider, date or version. */
function known(model: string): (typeof KNOWN)[string] | undefined {
  const name = model.slice(model.lastIndexOf('/') + 1)
  return KNOWN[name] ?? KNOWN[name.replace(/-(\d{3}|\d{4}-\d{2}-\d{2}|latest)$/, '')]
}

/** The price of a model; null where it is not in the table. */
export const priceOf = (model: string): Price | null => known(model)?.price ?? null

/** Tokens that `model` counts for a picture. */
export function pictureTokens(model: string, size: PictureSize): number {
  const rule =
    known(model)?.pictureTokens ??
    (/gemini/.test(model)
      ? geminiTiles
      : /^(openai\/)?gpt-/.test(model)
        ? openAiTiles(85, 170)
        : otherPatches)
  return rule(size)
}

/** Dollars for so many tokens. */
export const dollarsOf = (tokens: { input_tokens: number; output_tokens: number }, price: Price): number =>
  (tokens.input_tokens * price.input + tokens.output_tokens * price.output) / 1e6
