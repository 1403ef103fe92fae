/** The C rooms alone, under ASan and UBSan. */
export const steps = () => [{ name: "unit", command: "make", args: ["-s", "-j2", "unit"], minutes: 10, again: true }];
export const batch = "without browsers", atOnce = 2;
