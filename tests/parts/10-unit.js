/** The C rooms alone, under ASan and UBSan. */
export const steps = () => [{ name: "unit", command: "make", args: ["-s", "unit"], minutes: 10, again: true }];
