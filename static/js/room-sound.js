// The sound of a message from the other one; loaded at the first touch, before which browsers allow none.

export function start() {
  const audio = window.AudioContext && new AudioContext();
  return {
    ring() {
      if (!audio) return;
      audio.resume();
      const tone = audio.createOscillator(), volume = audio.createGain(), now = audio.currentTime;
      tone.frequency.setValueAtTime(660, now);
      tone.frequency.setValueAtTime(880, now + 0.09);
      volume.gain.setValueAtTime(0.08, now);
      volume.gain.exponentialRampToValueAtTime(0.001, now + 0.3);
      tone.connect(volume).connect(audio.destination);
      tone.start(now);
      tone.stop(now + 0.3);
    },
  };
}
