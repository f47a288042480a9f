import { AbortedError } from "../../errors.js";

/**
 * A promise's value, or that of `late` when it is not there after so many milliseconds; ABORTED when the signal fires
 * first. What comes after that is ignored.
 */
export function within<T>(promise: Promise<T>, millis: number, late: () => T, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    const abort = (): void => {
      end();
      reject(new AbortedError("the request was aborted", signal?.reason));
    };
    const timer =
      millis === Infinity
        ? undefined
        : setTimeout(() => {
            end();
            try {
              resolve(late());
            } catch (error) {
              reject(error as Error);
            }
          }, Math.max(0, millis));
    signal?.addEventListener("abort", abort, { once: true });
    promise.then(
      (value) => {
        end();
        resolve(value);
      },
      (error: unknown) => {
        end();
        reject(error as Error);
      },
    );
  });
}
