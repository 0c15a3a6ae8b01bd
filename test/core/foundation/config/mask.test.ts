import t from 'tap'

import { maskedUrl } from '../../../../core/foundation/config/mask.ts'

t.test('user and password of a URL are masked, however the URL is mistyped', async t => {
  for (const [text, masked] of [
    ['http://me:s3cret@proxy:3128', 'http://***@proxy:3128'],
    ['htp://me:s3cret@host', 'htp://***@host'],
    ['http:/me:s3cret@host', 'http:/***@host'],
    ['//me:s3cret@host', '//***@host'],
    ['me:s3cret@host:80', '***@host:80'],
    [' http://me:s3@cret@host', ' http://***@host'],
    ['http://me:s3#cr?et@host', 'http://***@host'],
    ['http://me:s3\ncret@host', 'http://***@host'],
    ['https://host/path?X-Amz-Signature=s3cret&a=s3cret#x', 'https://host/path?X-Amz-Signature=***&a=***#x'],
    ['http://127.0.0.1:4567', 'http://127.0.0.1:4567'],
    ['localhost:4567', 'localhost:4567'],
    ['', ''],
  ] as const) {
    t.equal(maskedUrl(text), masked)
    t.notMatch(maskedUrl(text), /s3|cr|et$/)
  }
})
