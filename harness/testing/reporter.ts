import mocha from 'mocha'

/** Mocha's spec reporter, closing with a line for each failure and a plain one: `N passed, N failed, N skipped`. */
export default class Reporter extends mocha.reporters.Spec {
  override epilogue(): void {
    super.epilogue()
    for (const test of this.failures) {
      const [reason = ''] = String(test.err?.message ?? '').split('\n')
      console.log(`FAILED: ${test.titlePath().join(' > ')}: ${reason.slice(0, 300)}`)
    }
    const { passes, failures, pending } = this.stats
    console.log(`${passes} passed, ${failures} failed, ${pending} skipped`)
  }
}
