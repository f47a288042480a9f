// Features of a flight: the one declaration that training and serving share.
import { cross, defineFeatures, t } from "skewless";

export const features = defineFeatures({
  inputs: {
    date: t.timestamp("us"),
    distance: t.int64(),
    origin: t.utf8(),
    destination: t.utf8(),
  },
  features: ({ date, distance, origin, destination }) => {
    const miles = distance.toFloat64();
    return {
      // The hour of the day as a point on a circle: 23:59 is near 00:01.
      hourSin: date.cyclicSin("day"),
      hourCos: date.cyclicCos("day"),
      weekSin: date.cyclicSin("week"),
      weekCos: date.cyclicCos("week"),
      weekend: date.isWeekend(),
      month: date.month(),
      // Days to the next United States federal holiday of early 2001.
      toHoliday: date.daysToHoliday(["2001-01-01", "2001-01-15", "2001-02-19", "2001-05-28", "2001-07-04"]).clip(0, 30),
      distance: miles.log1p().standardScaler(),
      distanceRange: miles.minMaxScaler({ clip: true }),
      longHaul: miles.gt(1500),
      origin: origin.oneHotEncoder({ maxCategories: 20, handleUnknown: "infrequent_if_exist" }),
      destination: destination.oneHotEncoder({ maxCategories: 20, handleUnknown: "infrequent_if_exist" }),
      route: cross(origin, destination).hashBucket(512),
    };
  },
});

export default features;
