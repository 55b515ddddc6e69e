// A reward of your own for GRPO: name this file in a recipe,
//   reasoning: { reward_funcs: [accuracy, format, examples/brief-reward.mjs], reward_weights: [1, 1, 0.2] }
// It gets every completion with its prompt and its sample (question, options, answer, pictures, evidence) and returns any
// finite number; metrics.jsonl has it as rewards/brief-reward/mean. This one prefers reasoning of 15 to 60 words.

/** @param {{ completion: string, prompt: string, sample: object }} input */
export default function briefReward({ completion }) {
  const reasoning = /<think>(.*?)<\/think>/s.exec(completion)?.[1] ?? ''
  const words = reasoning.split(/\s+/).filter(Boolean).length
  return words >= 15 && words <= 60 ? 1 : 0
}
