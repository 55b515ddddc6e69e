import { describe, expect, it } from 'vitest'
import { SPAR_TASKS } from './spar-tasks.js'

const named = (fits: (task: { level: string; kind: string }) => boolean): string[] =>
  [...SPAR_TASKS].flatMap(([name, task]) => (fits(task) ? [name] : []))

describe('the twenty tasks of SPAR-Bench', () => {
  it('are 8 low with a number, 3 in the middle, 9 high with a letter', () => {
    const levels = ['Low', 'Medium', 'High'].map((level) => named((task) => task.level === level))
    expect(levels.map((tasks) => tasks.length)).toEqual([8, 3, 9])
    expect(levels[0]).toEqual(named(({ kind }) => kind === 'number'))
    expect(levels[0].every((task) => /^(?:depth|distance)_prediction_o[co](?:_mv)?$/.test(task))).toBe(true)
    expect(levels[1].sort()).toEqual(['camera_motion_infer', 'position_matching', 'view_change_infer'])
  })

  it('camera_motion_infer is answered by a letter; view_change_infer alone by movements', () => {
    expect(SPAR_TASKS.get('camera_motion_infer')?.kind).toBe('choice')
    expect(named(({ kind }) => kind === 'movement')).toEqual(['view_change_infer'])
  })
})
