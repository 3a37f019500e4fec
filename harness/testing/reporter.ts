import mocha from 'mocha'

/** Mocha's spec reporter, closing with one plain line: `N passed, N failed, N skipped`. */
export default class Reporter extends mocha.reporters.Spec {
  override epilogue(): void {
    super.epilogue()
    const { passes, failures, pending } = this.stats
    console.log(`${passes} passed, ${failures} failed, ${pending} skipped`)
  }
}
