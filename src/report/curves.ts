/** Which training curves a report shows: the loss of every stage, and for reasoning TRL's reward figures. */
import { lineChart, type Series } from './chart.js'
import type { Html } from './html.js'
import type { StageFolder } from './run-folder.js'

const COLORS = ['var(--stage-4)', 'var(--stage-1)', 'var(--stage-2)', 'var(--stage-3)', 'var(--stage-5)']

/** [step, value] of every row that has both as numbers. */
function pointsOf(stage: StageFolder, key: string): [number, number][] {
  return stage.metrics.flatMap((row, i): [number, number][] => {
    const value = row[key]
    const step = typeof row.step === 'number' ? row.step : i + 1
    return typeof value === 'number' && Number.isFinite(value) ? [[step, value]] : []
  })
}

/** Charts of a GRPO stage: title, axis, and TRL's names with how the legend calls them. */
const REWARD_CHARTS: {
  title: string
  yLabel: string
  lines: [key: string, name: string][]
  yRange?: [number, number]
}[] = [
  {
    title: 'reward and its parts',
    yLabel: 'reward',
    lines: [
      ['reward', 'total'],
      ['rewards/accuracy/mean', 'accuracy'],
      ['rewards/format/mean', 'format'],
    ],
  },
  { title: 'KL to the reference', yLabel: 'KL (nats a token)', lines: [['kl', 'KL']] },
  {
    title: 'reward spread',
    yLabel: 'spread within a group',
    lines: [
      ['reward_std', 'standard deviation'],
      ['frac_reward_zero_std', 'share of groups without any'],
    ],
  },
  { title: 'length', yLabel: 'tokens an answer', lines: [['completions/mean_length', 'mean length']] },
]

const isReasoning = (stage: StageFolder): boolean => pointsOf(stage, 'reward').length > 0

/** Loss charts first, then those of reasoning stages; stages without metrics have none. */
export function trainingCharts(stages: readonly StageFolder[]): Html[] {
  const trained = stages.filter((stage) => stage.metrics.length > 0)
  const losses = trained.map((stage) =>
    lineChart({
      title: `${stage.name}: loss`,
      xLabel: 'step',
      yLabel: 'loss',
      series: [
        {
          name: 'loss',
          color: `var(--stage-${stage.index % 6})`,
          points: pointsOf(stage, 'loss'),
          smooth: true,
        },
      ],
    }),
  )
  const rewards = trained.filter(isReasoning).flatMap((stage) =>
    REWARD_CHARTS.flatMap(({ title, yLabel, lines, yRange }) => {
      const series = lines
        .map(
          ([key, name], i): Series => ({
            name,
            color: COLORS[i],
            points: pointsOf(stage, key),
            smooth: true,
          }),
        )
        .filter(({ points }) => points.length > 0)
      return series.length > 0
        ? [lineChart({ title: `${stage.name}: ${title}`, xLabel: 'step', yLabel, series, yRange })]
        : []
    }),
  )
  return [...losses, ...rewards]
}
