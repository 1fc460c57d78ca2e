// The Python that has the packages of `requirements.txt`.

export const PYTHON = process.env.HERMES_E2E_PYTHON ?? "python3";
