// Features of a taxi trip. The command line takes the default export:
//   npx skewless fit examples/cli/features.mjs examples/cli/trips.csv -o fitted.json
import { defineFeatures, t } from "skewless";

export default defineFeatures({
  inputs: {
    pickup: t.timestamp("ms"),
    distance: t.float64(),
    passengers: t.int32().nullable(),
    zone: t.utf8(),
  },
  features: ({ pickup, distance, passengers, zone }) => ({
    hour_sin: pickup.hour().mul((2 * Math.PI) / 24).sin(),
    weekend: pickup.isWeekend(),
    distance: distance.log1p().standardScaler(),
    passengers: passengers.coalesce(1),
    airport: zone.startsWith("A"),
  }),
});
