/**
 * The user texts of each stage. `upstream` is SpatialLadder's wording to the byte (facts of its released
 * scripts); `compact` says the same in few words, for models of a few million parameters.
 */
import { answerKind, type Sample } from './sample.js'

export const PROMPT_STYLES = ['upstream', 'compact'] as const
export type PromptStyle = (typeof PROMPT_STYLES)[number]
/** Boxes, a bare answer, reasoning first, or a choice in words, its options untold: what the text asks for. */
export type PromptMode = 'localize' | 'direct' | 'think' | 'open'

const THINK =
  "Please Think about this question as if you were a human pondering deeply. Engage in an internal dialogue using expressions such as 'let me think', 'wait', 'Hmm', 'oh, I see', 'let's break it down', etc, or other natural language thought expressions It's encouraged to include self-reflection or verification in the reasoning process. \n"
const THINK_TAGS =
  'Please provide your detailed reasoning between the <think> </think> tags, and then answer the question with '

function upstreamPrompt(sample: Sample, mode: PromptMode): string {
  const { question, options } = sample
  if (mode === 'localize')
    return `Question: ${question}\nPlease carefully observe the image first to identify the object(s) referred to in the question. Note that each object type appears only once in the image. Please provide the 2D bounding box coordinates and labels of the related objects in JSON format. `
  // Ours: upstream always tells the options.
  if (mode === 'open')
    return `Question: ${question}\n\nPlease answer the question using a single word or phrase directly.`
  if (mode === 'direct')
    // Upstream puts no newline between the question and "Options:".
    return options
      ? `Question: ${question}Options:\n${options.join('\n')}\n\nPlease answer with the option's letter from the given choices directly.`
      : `Question: ${question}\n\nPlease answer the question using a numerical value (e.g., 42 or 3.1) directly.`
  const listed = options ? `\nOptions:\n${options.join('\n')}` : ''
  const wanted = options
    ? "the option's letter from the given choices (e.g., A, B, etc.)"
    : 'a numerical value (e.g., 42 or 3.1)'
  return `Question: ${question}${listed} \n${THINK}${THINK_TAGS}${wanted} within the <answer> </answer> tags.`
}

function compactPrompt(sample: Sample, mode: PromptMode): string {
  const { question, options } = sample
  if (mode === 'localize') {
    const labels = Array.isArray(sample.answer) ? sample.answer.map(({ label }) => `the ${label}`) : []
    return `Give the boxes of ${labels.join(' and ')} in JSON.`
  }
  const listed = options && mode !== 'open' ? `\n${options.join('\n')}` : ''
  return `${question}${listed}\n${mode === 'think' ? 'Think, then answer.' : 'Answer directly.'}`
}

/** The user's text for `sample`; pictures are not part of it. */
export const promptText = (sample: Sample, mode: PromptMode, style: PromptStyle): string =>
  style === 'upstream' ? upstreamPrompt(sample, mode) : compactPrompt(sample, mode)

/**
 * The text a model is trained to give: a fenced JSON list of boxes, or the bare letter or number.
 * Boxes must already be in the pixels the model sees.
 */
export function directAnswer(answer: Sample['answer'], style: PromptStyle): string {
  if (!Array.isArray(answer)) return answer
  const fields = answer.map(({ bbox_2d, label }) => [
    `"bbox_2d": [${bbox_2d.join(', ')}]`,
    `"label": "${label}"`,
  ])
  if (style === 'upstream')
    return `\`\`\`json\n[\n${fields.map(([box, label]) => `  {${box}, ${label}}`).join(',\n')}\n]\n\`\`\``
  // A small model says first what it speaks of.
  return `[${fields.map(([box, label]) => `{${label}, ${box}}`).join(', ')}]`
}

/** The words of the option that answers a multiple-choice question: `left`. */
export function optionText({ options, answer }: Pick<Sample, 'options' | 'answer'>): string {
  const option = options?.find((one) => one.startsWith(`${answer}. `))
  if (option === undefined) throw new Error(`expected an option ${answer}, got ${options?.join(', ')}`)
  return option.slice(`${answer}. `.length)
}

export const tagged = (reasoning: string, answer: string): string =>
  `<think>${reasoning}</think><answer>${answer}</answer>`

/** How `sample` is asked when no reasoning is wanted. */
export const plainMode = (sample: Sample): PromptMode =>
  answerKind(sample) === 'boxes' ? 'localize' : 'direct'
