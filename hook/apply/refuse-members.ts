/** An object of another tool's with the members that Lotse carries out; any other is an error that says so, on the line that asks for it. */
export function withMembers<T extends object>(name: string, members: T, instead: string): T {
  return new Proxy(members, {
    get: (target, key, receiver) => {
      // A promise is told from other objects by its `then`.
      if (typeof key === 'symbol' || key === 'then' || key in target) return Reflect.get(target, key, receiver)
      throw new Error(`${name}.${key} is beyond what Lotse carries out; ${instead}`)
    },
  })
}
