// In place of uPlot, where nothing is drawn.
export default class {}
