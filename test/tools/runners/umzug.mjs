// Umzug with the storage that Sequelize's users have.
import { Sequelize } from 'sequelize'
import { SequelizeStorage, Umzug } from 'umzug'

const [url, folder] = process.argv.slice(2)
const sequelize = new Sequelize(url, { logging: false, pool: { max: 1 } })
const umzug = new Umzug({
  migrations: { glob: `${folder}/*.js` },
  context: sequelize,
  storage: new SequelizeStorage({ sequelize }),
  logger: undefined,
})
await umzug.up()
await sequelize.close()
