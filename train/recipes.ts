import type { Platform } from '../contracts/event.ts';
import type { Recipe } from './fit.ts';

/**
 * How each platform is trained. The network has a quarter of a million parameters for about a thousand windows, so
 * most of it works against remembering: dropout, hidden sensors and names, other work beside, decay, averaging.
 */
export const RECIPES: Readonly<Record<Platform, Omit<Recipe, 'seed'>>> = {
  windows: {
    epochs: 14,
    fewestEpochs: 4, // the average over steps has left the first parameters behind by then
    drawsPerEpoch: 640, // a little less than there are examples
    batchGraphs: 32,
    learningRate: 3e-3,
    weightDecay: 0.5,
    clipNorm: 1,
    dropout: { node: 0.2, edge: 0.4, feature: 0.45 },
    maskShare: 0.3,
    namelessShare: 0.5,
    overlayShare: 0.3, // found half as many captures again at the alert threshold
    smoothing: 0.05,
    averageSteps: 80, // four epochs of 20 steps
  },
  linux: {
    epochs: 22,
    fewestEpochs: 14, // three scenarios of attack to validate on say too little to stop earlier
    drawsPerEpoch: 384, // half as much again as there are examples
    batchGraphs: 32,
    learningRate: 3e-3,
    weightDecay: 0.3,
    clipNorm: 1,
    dropout: { node: 0.1, edge: 0.2, feature: 0.2 },
    maskShare: 0.1,
    namelessShare: 0.7, // so few scenarios are told by their names
    overlayShare: 0, // lowered every figure
    smoothing: 0.05,
    averageSteps: 100, // eight epochs of 12 steps
  },
};

/** Folds of the cross-fit: each must hold several clusters and labs of both classes. */
export const FOLDS = 5;
