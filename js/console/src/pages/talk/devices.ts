/** Microphones and loudspeakers of this machine. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** A device that can be chosen. */
export interface Device {
  id: string;
  name: string;
}

/** What there is. Names come only after the browser's user has allowed the microphone; until then nothing is listed. */
export const devices = signal<{ inputs: Device[]; outputs: Device[] }>({ inputs: [], outputs: [] });

/** Whether this browser lets a page choose where its sound comes from. */
export const CHOOSES_OUTPUT = typeof AudioContext !== "undefined" && "setSinkId" in AudioContext.prototype;

/** Looks again. */
export async function refreshDevices(): Promise<void> {
  const found = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
  devices.value = { inputs: ofKind(found, "audioinput"), outputs: ofKind(found, "audiooutput") };
}

/** Keeps `devices` as it is on this machine, while the page is shown. */
export function useDevices(): void {
  useEffect(() => {
    const look = (): void => void refreshDevices();
    look();
    navigator.mediaDevices?.addEventListener("devicechange", look);
    return () => navigator.mediaDevices?.removeEventListener("devicechange", look);
  }, []);
}

function ofKind(found: readonly MediaDeviceInfo[], kind: MediaDeviceKind): Device[] {
  return found
    .filter((device) => device.kind === kind && device.deviceId !== "" && device.deviceId !== "default")
    .map((device, index) => ({ id: device.deviceId, name: device.label || `Device ${index + 1}` }));
}
