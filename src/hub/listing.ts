/** What a repository holds: the commit of a revision, and the files of a commit with sizes and hashes. */
import { z } from 'zod'
import { dataError } from '../common/errors.js'
import { checkedFile, type HubFile, isCommit, type Repo, title } from './cache.js'
import { type Asked, attempt, persist, reasonOf, Transient } from './http.js'
import type { HubSettings } from './settings.js'

type Note = (line: string) => void

const infoSchema = z.object({ sha: z.string() })

const treeSchema = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    size: z.number().optional(),
    oid: z.string().optional(),
    lfs: z.object({ oid: z.string(), size: z.number() }).nullish(),
    xetHash: z.string().nullish(),
  }),
)

const apiUrl = (hub: HubSettings, { repo, type }: Repo): string => `${hub.endpoint}/api/${type}s/${repo}`

/** The JSON at `url` and the address of the next page; a page that breaks off is asked for again. */
async function getJson<T>(
  hub: HubSettings,
  url: string,
  asked: Asked,
  schema: z.ZodType<T>,
  note?: Note,
): Promise<{ value: T; next: string | null }> {
  const subject = title(asked)
  return persist(
    hub,
    subject,
    async () => {
      const signal = AbortSignal.timeout(hub.stall * 1000)
      const { response } = await attempt(hub, url, asked, { signal })
      let text: string
      try {
        text = await response.text()
      } catch (error) {
        throw new Transient(`the connection broke: ${reasonOf(error)}`)
      }
      const parsed = schema.safeParse(parseJson(text))
      if (!parsed.success) throw dataError(url, 'the answer of a hub', JSON.stringify(text.slice(0, 80)))
      const link = response.headers.get('link')?.match(/<([^>]*)>\s*;\s*rel="?next"?/)?.[1]
      return { value: parsed.data, next: link ? new URL(link, url).href : null }
    },
    { note },
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The commit that `revision` (branch, tag, commit) is now. A whole commit hash needs no question. */
export async function commitOf(hub: HubSettings, repo: Repo, revision: string, note?: Note): Promise<string> {
  if (isCommit(revision)) return revision
  const url = `${apiUrl(hub, repo)}/revision/${encodeURIComponent(revision)}`
  const { sha } = (await getJson(hub, url, { ...repo, revision }, infoSchema, note)).value
  if (!isCommit(sha)) throw dataError(url, 'the hash of a commit', JSON.stringify(sha))
  return sha
}

/** The files of commit `sha`, in the hub's order, over as many pages as there are. */
export async function filesOf(hub: HubSettings, repo: Repo, sha: string, note?: Note): Promise<HubFile[]> {
  const files: HubFile[] = []
  let url: string | null = `${apiUrl(hub, repo)}/tree/${sha}?recursive=true`
  while (url !== null) {
    const page: { value: z.infer<typeof treeSchema>; next: string | null } = await getJson(
      hub,
      url,
      { ...repo, revision: sha },
      treeSchema,
      note,
    )
    for (const { type, path, size, oid, lfs, xetHash } of page.value)
      if (type === 'file')
        files.push(
          checkedFile(title(repo), {
            path,
            size: lfs?.size ?? size ?? -1,
            gitHash: oid ?? '',
            sha256: lfs?.oid,
            xetHash: xetHash ?? undefined,
          }),
        )
    url = page.next
  }
  return files
}
